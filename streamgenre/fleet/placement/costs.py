"""What stations cost in cores: each by its own measurements, and by those of its like while it has few."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from streamgenre.fleet.placement.prior import prior_cost
from streamgenre.fleet.placement.station_kind import StationKind

MEMORY_SECONDS = 180.0
"""Time constant of a station's mean."""
TRUST_SECONDS = 30.0
"""Measured so long, its own mean counts as much as that of its like."""
BELIEF_STATIONS = 5
"""As many stations of a kind count as much as what was believed of it before."""
SETTLED_SECONDS = 10.0
"""From then on it counts among its like."""
LEAST_STEP_SECONDS = 5.0
"""Measurements that come sooner are passed over: they are means over ten seconds themselves."""
LONGEST_STEP_SECONDS = 10.0
"""One measurement stands for no more time than that."""


@dataclass(slots=True)
class _Measured:
    kind: StationKind
    cores: float
    seconds: float
    """Measured so far, fading."""
    at: float
    """When it was measured last, or this book was opened."""


@dataclass(slots=True)
class _Mean:
    """Over stations."""

    total: float = 0.0
    count: int = 0
    believed: float | None = None
    """What it was when the last of them went; None: there never were any."""

    def add(self, cores: float, times: int) -> None:
        """`times`: 1, or −1 to take one out."""
        if self.count + times == 0:
            self.believed = self.total / self.count
        self.count += times
        self.total = self.total + times * cores if self.count else 0.0

    def value(self, otherwise: float) -> float:
        """Few stations do not say much: what was believed before counts as much as some."""
        before = otherwise if self.believed is None else self.believed
        return (self.total + BELIEF_STATIONS * before) / (self.count + BELIEF_STATIONS)


@dataclass(slots=True)
class CostBook:
    """Measured costs. Times are seconds of one steady clock."""

    _stations: dict[str, _Measured] = field(default_factory=dict[str, _Measured])
    _alike: dict[StationKind, _Mean] = field(default_factory=dict[StationKind, _Mean])

    def note(self, station: str, kind: StationKind, cores: float, now: float) -> None:
        """Take what a station takes now. It says nothing while it is not heard, or its group is late."""
        if not (math.isfinite(cores) and cores > 0.0):
            return
        measured = self._stations.get(station)
        if measured is None or not measured.kind.agrees(kind):
            self.forget(station)
            self._stations[station] = _Measured(kind, cores, 0.0, now)
            return
        if now - measured.at < LEAST_STEP_SECONDS:
            return
        before = replace(measured)
        measured.kind = kind if kind.codec is not None else measured.kind
        _follow(measured, cores, now)
        self._count(measured, 1)
        self._count(before, -1)

    def cost(self, station: str, kind: StationKind) -> float:
        """Return what a station takes, or is believed to: cores, above 0."""
        return self.costs({station: kind})[station]

    def costs(self, kinds: Mapping[str, StationKind]) -> dict[str, float]:
        """Return the same of many, by station."""
        alike: dict[StationKind, float] = {}
        found: dict[str, float] = {}
        for station, kind in kinds.items():
            measured = self._stations.get(station)
            if measured is not None and not measured.kind.agrees(kind):
                measured = None
            known = measured.kind if measured else kind
            if (like := alike.get(known)) is None:
                like = alike[known] = self._of_its_like(known)
            found[station] = like if measured is None else _blended(measured, like)
        return found

    def forget(self, station: str) -> None:
        """What its like cost is remembered."""
        if measured := self._stations.pop(station, None):
            self._count(measured, -1)

    def keep(self, stations: Container[str]) -> None:
        """Forget all others."""
        for station in [station for station in self._stations if station not in stations]:
            self.forget(station)

    def kept(self) -> dict[str, object]:
        """Return what restored() takes, made of what JSON knows."""
        return {
            "stations": [
                [station, *one.kind.to_plain(), round(one.cores, 6), round(one.seconds, 1)]
                for station, one in self._stations.items()
            ],
            "gone": [
                [*kind.to_plain(), round(mean.believed, 6)]
                for kind, mean in self._alike.items()
                if mean.believed is not None
            ],
        }

    @classmethod
    def restored(cls, kept: object, now: float) -> CostBook:
        """Open a book that was kept; what cannot be read in it is left out: it will be measured again."""
        book = cls()
        plain = cast("dict[str, object]", kept) if isinstance(kept, dict) else {}
        for _, kind, (cores,) in _readable(plain.get("gone"), words=0, figures=1):
            book._alike.setdefault(kind, _Mean()).believed = cores
        for (station,), kind, (cores, seconds) in _readable(plain.get("stations"), words=1, figures=2):
            book.forget(station)
            book._stations[station] = measured = _Measured(kind, cores, seconds, now)
            book._count(measured, 1)
        return book

    def _count(self, measured: _Measured, times: int) -> None:
        """Let a station count among its like, or no longer."""
        if measured.seconds >= SETTLED_SECONDS:
            for level in {measured.kind, measured.kind.of_any_codec()}:
                self._alike.setdefault(level, _Mean()).add(measured.cores, times)

    def _of_its_like(self, kind: StationKind) -> float:
        """What no station says is left to the proportions of the prior."""
        any_codec = kind.of_any_codec()
        mean = self._alike.get(any_codec)
        of_any = mean.value(prior_cost(any_codec)) if mean else prior_cost(any_codec)
        if kind.codec is None:
            return of_any
        believed = of_any * prior_cost(kind) / prior_cost(any_codec)
        mean = self._alike.get(kind)
        return mean.value(believed) if mean else believed


def _blended(measured: _Measured, like: float) -> float:
    trust = measured.seconds / (measured.seconds + TRUST_SECONDS)
    return trust * measured.cores + (1 - trust) * like


def _follow(measured: _Measured, cores: float, now: float) -> None:
    """Take one more measurement into an exponential mean that its first one does not outweigh."""
    step = min(now - measured.at, LONGEST_STEP_SECONDS)
    kept = measured.seconds * math.exp(-step / MEMORY_SECONDS)
    measured.seconds = kept + step
    if measured.seconds > 0.0:
        measured.cores += (cores - measured.cores) * step / measured.seconds
    measured.at = now


def _readable(
    rows: object, *, words: int, figures: int
) -> Iterator[tuple[list[str], StationKind, list[float]]]:
    """Give words, kind and figures of each row that has them, the first figure above 0."""
    for row in cast("list[object]", rows) if isinstance(rows, list) else []:
        parts = cast("list[object]", row) if isinstance(row, list) else []
        if len(parts) != words + StationKind.PLAIN_PARTS + figures:
            continue
        told = [part for part in parts[:words] if isinstance(part, str)]
        kind = StationKind.from_plain(parts[words:-figures])
        found = [float(part) for part in parts[-figures:] if isinstance(part, int | float)]
        usable = len(told) == words and len(found) == figures and all(0 <= part < math.inf for part in found)
        if kind is not None and usable and found[0] > 0.0:
            yield told, kind, found
