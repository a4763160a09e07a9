"""One time of trouble, however often it is met: what was told of it, how long it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_TOLD = 100
"""Different ones of one time; texts may hold what changes at each try."""


class TroubleEpisode:
    """From the first failure until end(); what takes turns is told once each, not at each turn."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.times = 0
        """How often something failed."""
        self._began = 0.0
        self._told: set[str] = set()

    @property
    def seconds(self) -> float:
        """Since the first failure."""
        return self._now() - self._began if self.times else 0.0

    def is_news(self, text: str) -> bool:
        """Count a failure; whether it was not told yet."""
        if not self.times:
            self._began = self._now()
        self.times += 1
        news = text not in self._told and len(self._told) < MOST_TOLD
        if news:
            self._told.add(text)
        return news

    def end(self) -> float:
        """Return the seconds it lasted, and begin anew."""
        seconds = self.seconds
        self.times = 0
        self._told.clear()
        return seconds
