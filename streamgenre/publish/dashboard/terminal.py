"""The dashboard on a real terminal, which is left as it was found."""

from __future__ import annotations

import signal
import sys
import termios
import threading
from contextlib import ExitStack
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live

from streamgenre.messages import Float32, Level, Message
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.screen import render
from streamgenre.publish.dashboard.summary import summary
from streamgenre.publish.dashboard.view import DashboardView

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def can_show(console: Console) -> bool:
    """Whether the console is a terminal that can be drawn on."""
    return console.is_terminal and not console.is_dumb_terminal


class Dashboard:
    """Follows one source on the alternate screen while its block runs.

    Fed from any thread; a thread of its own draws. Ctrl-C, SIGTERM and SIGHUP leave the block as exceptions.
    """

    def __init__(
        self,
        console: Console,
        node: str,
        source: str,
        model: str | None = None,
        *,
        frames_per_second: float = 5.0,
        mel_column_seconds: float = 0.1,
    ) -> None:
        """Name what will be shown; nothing is drawn before the block is entered."""
        self._console = console
        self._view = DashboardView(node, source, model, mel_column_seconds=mel_column_seconds)
        self._frames_per_second = frames_per_second
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            _turn_signals_into_exits(undo)
            _silence_keyboard(undo)
            undo.enter_context(self._live())
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def update(self, message: Message, latency_ms: float | None = None) -> None:
        """Show what a message says; `latency_ms` is from the end of its audio to now."""
        self._view.update(message, latency_ms)

    def meter(self, level: Level, mel_row: Float32 | None = None) -> None:
        """Show the level and the spectrum, (bands,) or (rows, bands), of the next `mel_column_seconds`."""
        self._view.meter(level, mel_row)

    def note(self, words: str | None) -> None:
        """Show a line of the caller's own at the foot."""
        self._view.note(words)

    def summary(self) -> RenderableType:
        """Say in a few lines what was heard, for the terminal after the end."""
        return summary(self._view.picture(), self._console.width, Look.of(self._console))

    def _live(self) -> Live:
        return Live(
            console=self._console,
            get_renderable=self._frame,
            screen=True,
            refresh_per_second=self._frames_per_second,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def _frame(self) -> RenderableType:
        width, height = self._console.size
        return render(self._view.picture(), width, height, Look.of(self._console))


def _turn_signals_into_exits(undo: ExitStack) -> None:
    """Make a termination unwind the stack, unless somebody handles it already."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)
            undo.callback(signal.signal, number, signal.SIG_DFL)


def _silence_keyboard(undo: ExitStack) -> None:
    """Keep typed letters from being written over the picture; Ctrl-C still works."""
    if not sys.stdin or sys.stdin.closed or not sys.stdin.isatty():
        return
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    quiet = termios.tcgetattr(keyboard)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(keyboard, termios.TCSADRAIN, quiet)
    undo.callback(termios.tcsetattr, keyboard, termios.TCSAFLUSH, before)
