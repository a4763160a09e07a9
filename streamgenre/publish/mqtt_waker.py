"""Ends a wait for the network from another thread."""

from __future__ import annotations

import contextlib
import os


class Waker:
    """A pipe to poll beside a socket."""

    def __init__(self) -> None:
        self._readable, self._writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """For poll()."""
        return self._readable

    def wake(self) -> None:
        """Make it readable; any thread, at any time, even a full pipe."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._writable, b"!")

    def drain(self) -> None:
        """Make it wait again."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._readable, 4096)

    def __del__(self) -> None:
        os.close(self._readable)
        os.close(self._writable)
