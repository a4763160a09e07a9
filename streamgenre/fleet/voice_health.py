"""How the stations of a fleet are, from what their groups tell of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streamgenre.clock import Clock, SystemClock
from streamgenre.fleet.crossing import Parcel
from streamgenre.publish.health_report import HealthReport, SourceHealth
from streamgenre.settings import SourceSettings

SILENT_SECONDS = 10.0
"""A group that has handed nothing over for so long has no say."""
NOBODY = "no group follows it"

Speaks = Callable[[str, str, int | None], bool]
"""Whether a group is the one to ask about a station, under this epoch."""


@dataclass(frozen=True, slots=True)
class _Word:
    """What a group told last."""

    at: float
    """Monotonic seconds."""
    parcel: Parcel


class FleetHealth:
    """Under its owner's lock."""

    def __init__(self, speaks: Speaks, clock: Clock | None = None) -> None:
        self._speaks = speaks
        self._clock = clock or SystemClock()
        self._words: dict[str, _Word] = {}

    def take(self, parcel: Parcel) -> None:
        """Take what a group tells."""
        self._words[parcel.group] = _Word(self._clock.monotonic(), parcel)

    def report(
        self, stations: Iterable[SourceSettings], enabled: Callable[[SourceSettings], bool]
    ) -> HealthReport:
        """Return how these are; of one that nobody follows, `enabled` tells whether it is to be."""
        since = self._clock.monotonic() - SILENT_SECONDS
        self._words = {group: word for group, word in self._words.items() if word.at >= since}
        told = self._told()
        sources = tuple(
            told.get(station.id) or SourceHealth(station.id, enabled(station), NOBODY) for station in stations
        )
        return HealthReport(None if self._words else "no group hands anything over", sources)

    def _told(self) -> dict[str, SourceHealth]:
        """Of each station, what the group of the latest epoch says."""
        found: dict[str, tuple[int, SourceHealth]] = {}
        for group, word in self._words.items():
            for health in word.parcel.health:
                epoch = word.parcel.epochs.get(health.id)
                order = -1 if epoch is None else epoch
                before = found.get(health.id)
                if self._speaks(health.id, group, epoch) and (before is None or before[0] < order):
                    found[health.id] = order, health
        return {station: health for station, (_, health) in found.items()}
