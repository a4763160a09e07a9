"""One who sees what every group really does, and holds the fleet to its promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_MOST_WRONGS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Interruption:
    """A station that was not served for a while."""

    cause: str
    began_at: float
    seconds: float


@dataclass(slots=True)
class Witness:
    """`wrong` holds what must never be."""

    now: Callable[[], float]
    stations: frozenset[str]
    followers: dict[str, str] = field(default_factory=dict[str, str])
    """The group whose process receives a station's sound now, by station."""
    epochs: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    """Of the last opening, and its group, which alone may open it again under the same."""
    served: set[str] = field(default_factory=set[str])
    interruptions: list[Interruption] = field(default_factory=list[Interruption])
    counts: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    unserved: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """Seconds and stations not served, as looked at."""
    first_served_at: dict[str, float] = field(default_factory=dict[str, float])
    _missing: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    """Cause and beginning of the interruptions that go on."""

    def begins(self, station: str, group: str, epoch: int) -> None:
        """A group opens a station."""
        if (other := self.followers.get(station)) is not None:
            self._blame(f"{station}: {group} follows under {epoch} what {other} follows")
        before, by = self.epochs.get(station, (0, group))
        if epoch < before or (epoch == before and by != group):
            self._blame(f"{station}: {group} follows under {epoch}, {by} did so under {before}")
        self.followers[station], self.epochs[station] = group, (epoch, group)

    def ends(self, station: str, group: str) -> None:
        """A group has closed a station, or its process is no more."""
        if self.followers.get(station) == group:
            del self.followers[station]

    def hears(self, station: str) -> None:
        """A decision was made on its sound, and reaches the publisher."""
        self.served.add(station)
        self.first_served_at.setdefault(station, self.now())
        if found := self._missing.pop(station, None):
            cause, began_at = found
            self.interruptions.append(Interruption(cause, began_at, self.now() - began_at))

    def loses(self, stations: Iterable[str], cause: str) -> None:
        """They are served no more, from this moment on."""
        for station in self.served.intersection(stations):
            self.served.discard(station)
            self.counts[f"stations interrupted: {cause}"] += 1
            self._missing[station] = cause, self.now()

    def look(self) -> None:
        self.unserved.append((self.now(), len(self.stations) - len(self.served)))

    @property
    def missing(self) -> dict[str, tuple[str, float]]:
        """Cause and beginning by station, of interruptions that have not ended."""
        return dict(self._missing)

    def _blame(self, words: str) -> None:
        self.counts["wrong"] += 1
        if len(self.wrong) < _MOST_WRONGS_KEPT:
            self.wrong.append(f"at {self.now():.2f} s: {words}")
