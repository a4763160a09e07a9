"""Taking turns at the interpreter.

Python runs one thread at a time, and lets another in at every step that needs no interpreter, however
short. Threads that compute for many sources hand it to and fro so often that two of them, on two cores,
get little more done than one. So each holds the baton while it computes, and lays it down for what is
long and needs no interpreter: inference, decoding. It is a courtesy between threads: nothing but speed
depends on it, and no thread waits long for a holder that hangs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

PATIENCE_SECONDS = 0.1
"""Many times what anybody computes between two inferences."""


class _Around:
    """What is done before and after a block of code; `with` it."""

    __slots__ = ("_after", "_before")

    def __init__(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        self._before = before
        self._after = after

    def __enter__(self) -> None:
        self._before()

    def __exit__(self, *_error: object) -> None:
        self._after()


class Baton:
    """One for any number of threads; those that never hold it are never held up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here = threading.local()
        self._kept_too_long = False
        self.held = _Around(self._begin, self._end)
        """Around a stretch of computing; not inside another."""
        self.laid_down = _Around(self._let_go, self._take_again)
        """Around what is long and needs no interpreter; means nothing where the baton is not held."""

    def _begin(self) -> None:
        self._here.computing = True
        self._take()

    def _end(self) -> None:
        self._here.computing = False
        self._let_go()

    def _take_again(self) -> None:
        if getattr(self._here, "computing", False):
            self._take()

    def _take(self) -> None:
        """Wait for it, but go on without when its holder does not let go."""
        timeout_seconds = 0.0 if self._kept_too_long else PATIENCE_SECONDS
        self._here.holding = self._lock.acquire(timeout=timeout_seconds)
        self._kept_too_long = not self._here.holding

    def _let_go(self) -> None:
        if getattr(self._here, "holding", False):
            self._here.holding = False
            self._lock.release()


baton = Baton()
"""The interpreter is one for the process, and so is this."""
