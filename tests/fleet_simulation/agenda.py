"""Simulated time: what is to happen, in order."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from tests.soak.clock import SimulatedClock


class Agenda:
    """A clock that jumps from one event to the next."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self._began = self.clock.monotonic()
        self._coming: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return self.clock.monotonic() - self._began

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Have it happen then."""
        heapq.heappush(self._coming, (self.now + seconds, next(self._numbers), what))

    def run(self, until: float) -> None:
        """Let everything happen that is due by then."""
        while self._coming and self._coming[0][0] <= until:
            at, _, what = heapq.heappop(self._coming)
            self.clock.pass_time(max(0.0, at - self.now))
            what()
        self.clock.pass_time(until - self.now)
