"""Growing, jittered pauses between two tries."""

from __future__ import annotations

import random

FIRST_SECONDS = 1.0
LAST_SECONDS = 60.0
JITTER = 0.2


class Backoff:
    """1 s, doubling to 60 s, each shortened by up to a fifth so that many do not try at once."""

    def __init__(self, first_seconds: float | None = None, last_seconds: float | None = None) -> None:
        self._first_seconds = self._seconds = first_seconds or FIRST_SECONDS
        self._last_seconds = last_seconds or LAST_SECONDS

    def next_pause_seconds(self) -> float:
        """Return how long to wait before the next try."""
        pause = self._seconds
        self._seconds = min(2 * self._seconds, self._last_seconds)
        return pause * (1 - JITTER * random.random())  # noqa: S311  # no secret depends on it

    def reset(self) -> None:
        """Begin anew after a success."""
        self._seconds = self._first_seconds
