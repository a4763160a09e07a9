"""When each of many things is due: thousands of stations must not be asked one by one what comes next."""

from __future__ import annotations

import heapq
import math

SPARE = 64
"""Entries that are over may be so many more than those that hold, before they are thrown out."""


class Agenda:
    """One time a name, in any unit that ascends."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._entries: list[tuple[float, str]] = []
        """A heap; an entry that is not in `_due` is over."""

    def put(self, name: str, due: float) -> None:
        """Have it due then, and no longer at another time; infinity: not at all."""
        if due == self._due.get(name, math.inf):
            return
        if due == math.inf:
            del self._due[name]
            return
        self._due[name] = due
        heapq.heappush(self._entries, (due, name))
        if len(self._entries) > 2 * len(self._due) + SPARE:
            self._entries = [(due, name) for name, due in self._due.items()]
            heapq.heapify(self._entries)

    def first(self) -> float:
        """Return when the first is due; infinity: none is."""
        entries = self._entries
        while entries and self._due.get(entries[0][1]) != entries[0][0]:
            heapq.heappop(entries)
        return entries[0][0] if entries else math.inf

    def take(self, now: float) -> str | None:
        """Return the first that is due by now, and strike it off; None: none is."""
        if self.first() > now:
            return None
        _, name = heapq.heappop(self._entries)
        del self._due[name]
        return name
