"""What groups bear while stations are given to them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence

from streamgenre.fleet.placement.rooms import GroupRoom

LATE_SECONDS = 1.0
"""A group that serves so late is given nothing while others are there."""


class Loads:
    """Cores in use by group, and relative to what it can bear."""

    def __init__(
        self, rooms: Sequence[GroupRoom], stations: Mapping[str, float], held: Mapping[str, str]
    ) -> None:
        self.rooms = {room.id: room for room in rooms}
        self.cores = dict.fromkeys(self.rooms, 0.0)
        for station, group in held.items():
            if group in self.cores:
                self.cores[group] += stations.get(station, 0.0)

    def relative(self, group: str) -> float:
        """Load as a share of what it can bear; a group that leaves bears nothing."""
        capacity = self.rooms[group].capacity_cores
        return self.cores[group] / capacity if capacity > 0.0 else float("inf")

    def mean(self) -> float:
        """Of the whole fleet."""
        capacity = sum(room.capacity_cores for room in self.rooms.values())
        return sum(self.cores.values()) / capacity if capacity > 0.0 else 0.0

    def move(self, cost: float, source: str, target: str) -> None:
        self.cores[source] -= cost
        self.cores[target] += cost

    def staying(self) -> list[str]:
        """Groups that do not leave."""
        return [room.id for room in self.rooms.values() if room.capacity_cores > 0.0]

    def punctual(self) -> list[str]:
        """Those of them that are not late."""
        return [group for group in self.staying() if self.rooms[group].lag_seconds < LATE_SECONDS]

    def takers(self) -> list[str]:
        """Those that stations without a group may be given to."""
        return self.punctual() or self.staying()


class Ranking:
    """Groups by a figure that changes now and then: the one with the least comes first, then by name."""

    def __init__(self, groups: Iterable[str], figure: Callable[[str], float]) -> None:
        self._figure = figure
        self._current = {group: figure(group) for group in groups}
        self._heap = [(value, group) for group, value in self._current.items()]
        heapq.heapify(self._heap)

    def first(self) -> str | None:
        """Return it and leave it in; None: none is left."""
        while self._heap:
            value, group = self._heap[0]
            if self._current.get(group) == value:
                return group
            heapq.heappop(self._heap)
        return None

    def changed(self, group: str) -> None:
        """Look at its figure again; one that was dropped stays so."""
        if group in self._current:
            self._current[group] = self._figure(group)
            heapq.heappush(self._heap, (self._current[group], group))

    def drop(self, group: str) -> None:
        self._current.pop(group, None)
