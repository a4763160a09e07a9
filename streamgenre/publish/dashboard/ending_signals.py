"""A termination unwinds the stack, so that the terminal is given back."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from types import FrameType

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def turn_signals_into_exits(undo: ExitStack) -> None:
    """Make SIGTERM, SIGHUP and SIGQUIT raise SystemExit, unless somebody handles them already."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)
            undo.callback(_put_back, number, leave)


def _put_back(number: int, ours: object) -> None:
    if signal.getsignal(number) is ours and threading.current_thread() is threading.main_thread():
        signal.signal(number, signal.SIG_DFL)
