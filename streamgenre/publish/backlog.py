"""Events that the disk refused, in order, until it takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from streamgenre.publish.payload import Payload


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one offer; its parts are committed together, or not at all."""

    source: str
    events: list[Payload] = field(default_factory=list[Payload])
    """In order."""
    passing: Payload | None = None
    """A state or diagnostics, to be told after them and never kept."""
    remembered: Mapping[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    """Values to keep with the events, by source and key."""


class Backlog:
    """Beyond so many events the oldest go."""

    def __init__(self, most_events: int) -> None:
        self._most_events = most_events
        self._told: deque[Told] = deque()
        self.events = 0
        """That wait."""
        self.dropped = 0
        """Events, since the beginning."""

    def __len__(self) -> int:
        return len(self._told)

    def begin_with(self, events: Iterable[Payload]) -> None:
        """Put these before all that waits."""
        told = [Told(event["source"], [event]) for event in events]
        self._told.extendleft(reversed(told))
        self.events += len(told)

    def keep(self, told: Iterable[Told]) -> None:
        """Take what is to be committed of these."""
        for one in told:
            if one.events or one.remembered:
                self._told.append(replace(one, passing=None))
                self.events += len(one.events)
        while self.events > self._most_events:
            excess = len(self._told.popleft().events)
            self.events -= excess
            self.dropped += excess

    def oldest(self, most: int) -> list[Told]:
        """Return the first so many; none is split."""
        return [self._told[place] for place in range(min(most, len(self._told)))]

    def done(self, told: Iterable[Told]) -> None:
        """Forget these, the oldest: they are committed."""
        for one in told:
            self._told.popleft()
            self.events -= len(one.events)
