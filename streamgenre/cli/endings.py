"""How a command ends when somebody ends it: nobody on the way catches these."""

from __future__ import annotations

import os
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130


class Interrupted(BaseException):
    """Ctrl-C."""


class Terminated(BaseException):
    """SIGTERM, as a service manager sends it."""


class Interruption:
    """Answers Ctrl-C while a command runs, and remembers it where an import or a library swallows it."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> NoReturn:
        self.asked = True
        raise Interrupted


def leave_interrupted(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Answer Ctrl-C where nothing has begun or all is done."""
    os._exit(INTERRUPTED)
