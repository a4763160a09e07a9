"""Standard error, past the interpreter's own buffer: its lock would be kept by a write that hangs."""

from __future__ import annotations

import os
import select
import sys

STDERR = 2


def write_stderr(text: str) -> None:
    """Write the whole, waiting for the reader as long as it takes. Raises OSError where there is none."""
    left = memoryview(text.encode("utf-8", "backslashreplace"))
    while left:
        try:
            left = left[os.write(STDERR, left) :]
        except BlockingIOError:  # another holder of the same pipe may have made it so
            select.select([], [STDERR], [])


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
