"""The terminal while a dashboard has it: a screen of its own, keys at once, and all as before afterwards."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
from typing import Any

from rich.console import Console

ENTER = "\x1b[?1049h\x1b[?25l"
LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l"
LAST_WRITE_SECONDS = 0.3
PATIENCE_SECONDS = 0.1
"""Whoever waits for the terminal looks after so long whether it still should."""
STOPPING_SECONDS = 0.2
"""The kernel stops every thread of the program well within."""


class FullScreen:
    """Entered and left any number of times, by any one thread at a time."""

    def __init__(self, console: Console) -> None:
        console.file.flush()
        self._output = _way_out(console.file.fileno())
        self.keyboard = _keyboard()
        """Where keys are read from; None: there is none."""
        self._before: list[Any] | None = None
        self._entered = False
        self._patient = True

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.close(self._output)

    def enter(self) -> None:
        """Take the terminal; in the background this stops the program until it is in front.

        Raises OSError when it is gone.
        """
        if self.keyboard is not None:
            try:
                self._before = termios.tcgetattr(self.keyboard)
                disabled = bytes([os.fpathconf(self.keyboard, "PC_VDISABLE")])
                termios.tcsetattr(self.keyboard, termios.TCSADRAIN, _at_once(self._before, disabled))
            except termios.error as error:  # which is no OSError
                raise OSError(*error.args) from error
        self._entered = True
        self.write(ENTER)

    def leave(self) -> None:
        """Give it back as it was, at once; doing so again does no harm."""
        if not self._entered:
            return
        self._entered = False
        with contextlib.suppress(OSError, termios.error):
            if not self._writable(0.0):
                termios.tcflush(self._output, termios.TCOFLUSH)
            if self._writable(LAST_WRITE_SECONDS):
                os.write(self._output, LEAVE.encode())
        with contextlib.suppress(OSError, termios.error):
            if self.keyboard is not None and self._before is not None:
                termios.tcflush(self.keyboard, termios.TCIFLUSH)
                termios.tcsetattr(self.keyboard, termios.TCSANOW, self._before)

    def write(self, text: str, encoding: str = "utf-8") -> None:
        """Write it all, waiting as long as the terminal takes, unless it is to be left meanwhile.

        Raises OSError when it is gone.
        """
        left = memoryview(text.encode(encoding, "replace"))
        while left and self._entered:
            try:
                left = left[os.write(self._output, left) :]
            except BlockingIOError:
                if not self._patient:
                    return
                self._writable(PATIENCE_SECONDS)

    def hurry(self) -> None:
        """Write no more than the terminal takes at once: it is about to be left. Any thread may call it."""
        self._patient = False

    def suspend(self) -> None:
        """Stop this program, and those that were started with it, as Ctrl-Z does; returns when it goes on.

        Where nobody could make it go on again, the kernel does not stop it.
        """
        self.leave()
        os.killpg(0, signal.SIGTSTP)
        time.sleep(STOPPING_SECONDS)
        self.enter()

    def _writable(self, seconds: float) -> bool:
        return bool(select.select([], [self._output], [], seconds)[1])


def _way_out(terminal: int) -> int:
    """Open the terminal once more, so that no write waits in the kernel, where nobody can call it back."""
    with contextlib.suppress(OSError):
        return os.open(os.ttyname(terminal), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    return os.dup(terminal)


def _keyboard() -> int | None:
    """Find the terminal to read from, where standard input is something else, too."""
    with contextlib.suppress(ValueError, OSError, AttributeError):
        number = sys.stdin.fileno()
        if os.isatty(number):
            return number
    with contextlib.suppress(OSError):
        return os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    return None


def _at_once(before: list[Any], disabled: bytes) -> list[Any]:
    """Keys come one by one and are not echoed. Ctrl-C is a signal still; Ctrl-Z is a key, Ctrl-S one, too."""
    quiet = [*before]
    quiet[0] = before[0] & ~(termios.IXON | termios.ICRNL)
    quiet[3] = before[3] & ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    quiet[6] = characters = [*before[6]]
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    characters[termios.VSUSP] = disabled
    return quiet
