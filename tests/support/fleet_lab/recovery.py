"""How long stations were away after a fault, from messages and connections alone."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.support.fleet_lab.listening import Hearing
from tests.support.fleet_lab.recording import Told


@dataclass(frozen=True, slots=True)
class Times:
    """Of several stations, in seconds."""

    n: int
    p50: float | None
    longest: float | None
    never: tuple[str, ...] = ()
    """Stations for which it did not come about."""


@dataclass(slots=True)
class Finding:
    """What a scenario found."""

    scenario: str
    served_again: Times | None = None
    """From the fault to the first state that the station's new grant tells, or that is told again."""
    notes: dict[str, Any] = field(default_factory=dict[str, Any])
    wrongs: list[str] = field(default_factory=list[str])


def times(by_station: dict[str, float | None]) -> Times:
    found = sorted(seconds for seconds in by_station.values() if seconds is not None)
    never = tuple(sorted(station for station, seconds in by_station.items() if seconds is None))
    if not found:
        return Times(0, None, None, never)
    return Times(len(found), round(statistics.median(found), 2), round(found[-1], 2), never)


def epochs(told: Iterable[Told], until: float = float("inf")) -> dict[str, int]:
    """Return the newest epoch each station had told by then."""
    found: dict[str, int] = {}
    for one in told:
        if one.at <= until and one.epoch is not None:
            found[one.station] = max(found.get(one.station, 0), one.epoch)
    return found


def first_states(
    told: Iterable[Told], stations: Iterable[str], after: float, older_epochs: dict[str, int] | None = None
) -> dict[str, float | None]:
    """Return when each station first told a state with sound, under a newer epoch if one is given."""
    found: dict[str, float | None] = dict.fromkeys(stations)
    for one in told:
        if one.at <= after or one.kind != "state" or found.get(one.station, 0.0) is not None:
            continue
        is_newer = older_epochs is None or (one.epoch or 0) > older_epochs.get(one.station, 0)
        if is_newer and one.payload["status"] != "no_signal":
            found[one.station] = one.at - after
    return found


def online_again(told: Iterable[Told], stations: Iterable[str], after: float) -> dict[str, float | None]:
    """Return how long after that moment each station first said that it was back."""
    found: dict[str, float | None] = dict.fromkeys(stations)
    for one in told:
        is_back = one.at > after and one.kind == "source" and one.payload["state"] == "online"
        if is_back and found.get(one.station, 0.0) is None:
            found[one.station] = one.at - after
    return found


def double_service(changes: list[tuple[float, Hearing]], frozen: frozenset[int]) -> dict[str, float]:
    """Return how long two living groups were connected to a station at once, where that was so, in seconds.

    A group that was stopped, as a hung machine is, holds its connections and hears nothing.
    """
    found: dict[str, float] = {}
    for (began, hearing), (ended, _) in pairwise(changes):
        for station, who in hearing.items():
            if len({one.group for one in who} - frozen - {0}) > 1:
                found[station] = round(found.get(station, 0.0) + ended - began, 2)
    return found
