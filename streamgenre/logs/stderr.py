"""Standard error, past the interpreter's own buffer: its lock would be kept by a write that hangs."""

from __future__ import annotations

import contextlib
import os
import select
import sys

STDERR = 2
_kept: list[int] = []


def keep_stderr() -> None:
    """Keep standard error as it is now: PortAudio's binding turns descriptor 2 away while it starts."""
    if not _kept:
        with contextlib.suppress(OSError):  # closed
            _kept.append(os.dup(STDERR))


def write_stderr(text: str) -> None:
    """Write the whole, waiting for the reader as long as it takes. Raises OSError where there is none."""
    stderr = _kept[0] if _kept else STDERR
    left = memoryview(text.encode("utf-8", "backslashreplace"))
    while left:
        try:
            left = left[os.write(stderr, left) :]
        except BlockingIOError:  # another holder of the same pipe may have made it so
            select.select([], [stderr], [])


def is_terminal() -> bool:
    """Whether people read it as it comes; it may also be closed."""
    try:
        return sys.stderr.isatty()
    except (ValueError, AttributeError):
        return False


def print_stderr(text: str) -> None:
    """Write through the interpreter, so that it keeps its order with what is printed there."""
    sys.stderr.write(text)
    sys.stderr.flush()
