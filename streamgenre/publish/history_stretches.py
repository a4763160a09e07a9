"""What one source played, summed over the hours of the clock as its rows come by."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from streamgenre.publish.history_hours import LocalHour
from streamgenre.publish.history_reader import HistoryRow
from streamgenre.publish.payload import Payload

SAME_STRETCH_MS = 2000
"""A restart shorter than this does not end what plays on."""
LONGEST_SHOWN = 5


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Unbroken time of one status and genre, as far as it lies within the report."""

    start_ms: int
    """Since 1970, UTC."""
    end_ms: int
    status: str
    genre: str | None = field(compare=False)
    title: str | None = field(compare=False)
    """Of its beginning."""
    going_on: bool = field(default=False, compare=False)

    @property
    def label(self) -> str:
        """The genre where there is one, else the status."""
        return self.genre or self.status

    @property
    def seconds(self) -> float:
        return (self.end_ms - self.start_ms) / 1000


class StretchSum:
    """Takes the rows of one source in the order in which they began; no second counts twice."""

    def __init__(self, hours: Sequence[LocalHour], *, keep: bool) -> None:
        self._hours = hours
        self._starts = [hour.start_ms for hour in hours]
        self._keep = keep
        self._open: Stretch | None = None
        self._last_ms: int | None = None
        self._longest: list[tuple[float, Stretch]] = []
        self.by_hour: list[Counter[str]] = [Counter() for _ in hours]
        """Milliseconds by label, of each hour."""
        self.by_status: Counter[str] = Counter()
        """Milliseconds by status."""
        self.by_genre: Counter[str] = Counter()
        """Milliseconds by genre, of music that has one."""
        self.stretches: list[Stretch] = []
        """All of them, where they are kept."""

    @property
    def last_ms(self) -> int | None:
        """When the last stretch ended: up to then the source was followed."""
        return self._last_ms

    def take(self, row: HistoryRow, payload: Payload) -> None:
        """Add a segment, or the state of a stretch that goes on."""
        stretch = Stretch(
            max(row.start_ms, self._starts[0], self._open.end_ms if self._open else 0),
            min(row.end_ms, self._hours[-1].end_ms),
            payload["status"],
            payload["genre"],
            payload["title"],
            row.going_on,
        )
        if stretch.end_ms <= stretch.start_ms:
            return
        self._count(stretch)
        self._last_ms = stretch.end_ms
        if self._open is not None and _goes_on(self._open, stretch):
            stretch = replace(self._open, end_ms=stretch.end_ms, going_on=row.going_on)
        else:
            self._close()
        self._open = stretch

    def end(self) -> None:
        """Close the last stretch."""
        self._close()
        self._open = None

    def longest(self) -> list[Stretch]:
        """Return the longest stretches, longest first."""
        return [stretch for _, stretch in sorted(self._longest, key=lambda pair: (-pair[0], pair[1]))]

    def _close(self) -> None:
        if self._open is None:
            return
        if self._keep:
            self.stretches.append(self._open)
        heapq.heappush(self._longest, (self._open.seconds, self._open))
        if len(self._longest) > LONGEST_SHOWN:
            heapq.heappop(self._longest)

    def _count(self, stretch: Stretch) -> None:
        self.by_status[stretch.status] += stretch.end_ms - stretch.start_ms
        if stretch.genre is not None:
            self.by_genre[stretch.genre] += stretch.end_ms - stretch.start_ms
        at, index = stretch.start_ms, bisect_right(self._starts, stretch.start_ms) - 1
        while at < stretch.end_ms:
            ends = min(stretch.end_ms, self._hours[index].end_ms)
            self.by_hour[index][stretch.label] += ends - at
            at, index = ends, index + 1


def _goes_on(before: Stretch, after: Stretch) -> bool:
    alike = (before.status, before.genre) == (after.status, after.genre)
    return alike and after.start_ms - before.end_ms <= SAME_STRETCH_MS
