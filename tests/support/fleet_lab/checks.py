"""What a fleet claims of its messages, held against a recording of all of them from the beginning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.support.fleet_lab.recording import Message, Told, by_station, read


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts, and everything that was untrue."""

    stations: int
    states: int
    events: int
    """Different ones."""
    duplicates: int
    """Events that came again, as they were."""
    epochs: int
    """Grants under which something was heard."""
    wrongs: tuple[str, ...]


def judged(messages: Iterable[Message]) -> Verdict:
    """Hold every claim against every station."""
    told = read(messages)
    stations = by_station(told)
    wrongs = [wrong for heard in stations.values() for wrong in wrongs_of(heard)]
    events = [one for one in told if one.is_event]
    different = len({(one.station, one.seq) for one in events})
    epochs = len({(one.station, one.epoch) for one in told})
    return Verdict(
        len(stations), len(told) - len(events), different, len(events) - different, epochs, tuple(wrongs)
    )


def wrongs_of(heard: list[Told]) -> list[str]:
    """Judge one station's messages, in order of arrival."""
    unmarked = [f"{_named(one)}: no epoch right after its seq" for one in heard if not _marked(one.payload)]
    if unmarked:
        return unmarked
    events = [one for one in heard if one.is_event]
    return [
        *_changed_duplicates(events),
        *_holes(_first_arrivals(events)),
        *_epochs_that_come_back(events),
        *_epochs_that_come_back([one for one in heard if not one.is_event]),
        *_epochs_that_fall(events),
    ]


def _marked(payload: dict[str, Any]) -> bool:
    keys = list(payload)
    return isinstance(payload.get("epoch"), int) and keys[keys.index("epoch") - 1] == "seq"


def _first_arrivals(events: list[Told]) -> list[Told]:
    found: dict[int | None, Told] = {}
    for one in events:
        found.setdefault(one.seq, one)
    return list(found.values())


def _changed_duplicates(events: list[Told]) -> list[str]:
    first = {one.seq: one for one in reversed(events)}
    return [
        f"{_named(one)}: came as {one.content} after {first[one.seq].content}"
        for one in events
        if one.content != first[one.seq].content
    ]


def _holes(events: list[Told]) -> list[str]:
    """Numbers begin at 1, rise by one in order of arrival, and go on over every epoch."""
    return [
        f"{_named(one)}: came as number {expected}"
        for expected, one in enumerate(events, 1)
        if one.seq != expected
    ][:1]


def _epochs_that_come_back(heard: list[Told]) -> list[str]:
    """On a topic nothing of an older epoch follows a newer one, but events that waited or come again.

    Between topics there is no order: a state goes straight to the broker, an event by way of the disk.
    """
    newest, wrongs, seen = 0, [], set[int | None]()
    for one in heard:
        may_be_older = one.is_event and (one.late or one.seq in seen)
        if (one.epoch or 0) < newest and not may_be_older:
            wrongs.append(f"{_named(one)}: after epoch {newest}")
        newest = max(newest, one.epoch or 0)
        seen |= {one.seq} if one.is_event else set()
    return wrongs


def _epochs_that_fall(events: list[Told]) -> list[str]:
    """In order of their numbers, events belong to ever newer epochs."""
    return [
        f"{_named(later)}: after seq {earlier.seq} of epoch {earlier.epoch}"
        for earlier, later in pairwise(sorted(events, key=lambda one: one.seq or 0))
        if (later.epoch or 0) < (earlier.epoch or 0)
    ]


def _named(one: Told) -> str:
    return f"{one.station} {one.kind} seq {one.seq} epoch {one.epoch}"


def longest_silence_seconds(heard: list[Told]) -> float:
    """Return how long a station told nothing, at most."""
    return max((later.at - earlier.at for earlier, later in pairwise(heard)), default=0.0)
