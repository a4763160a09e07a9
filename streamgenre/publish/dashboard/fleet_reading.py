"""The message of a fleet read back: it may be anybody's, or of a later version, and is not trusted."""

from __future__ import annotations

from typing import cast

from streamgenre.publish.dashboard.fleet_picture import (
    FailingPicture,
    FleetPart,
    FleetPicture,
    GroupPicture,
    MachinePicture,
    StationCounts,
)
from streamgenre.publish.dashboard.reading import number_or_none, text, time_of
from streamgenre.publish.payload import Payload

MOST_LISTED = 20_000
"""A station each, of a fleet that is larger than any was."""
NAMELESS = "?"


def read_fleet(payload: Payload) -> FleetPicture:
    """Return what a message of a fleet says; what is missing or no value of its kind is not known."""
    return FleetPicture(
        node=text(payload.get("node")) or NAMELESS,
        time_seconds=time_of(payload),
        version=text(payload.get("version")),
        supervisor=_part(payload.get("supervisor")),
        publisher=_part(payload.get("publisher")),
        stations=_counts(_object(payload.get("stations"))),
        machines=tuple(_machine(one) for one in _objects(payload.get("machines"))),
        groups=tuple(_group(one) for one in _objects(payload.get("groups"))),
        failing=tuple(_failing(one) for one in _objects(payload.get("failing"))),
        problems=tuple(words for one in _list(payload.get("problems")) if (words := text(one))),
    )


def _part(value: object) -> FleetPart:
    part = _object(value)
    return FleetPart(
        text(part.get("machine")), number_or_none(part.get("up_seconds")), text(part.get("trouble"))
    )


def _counts(stations: Payload) -> StationCounts:
    return StationCounts(
        *(_count(stations.get(key)) for key in ("total", "heard", "waiting", "failing", "disabled"))
    )


def _machine(machine: Payload) -> MachinePicture:
    return MachinePicture(
        id=text(machine.get("id")) or NAMELESS,
        alive=machine.get("alive") is not False,
        cores=number_or_none(machine.get("cores")),
        groups=_count(machine.get("groups")),
        stations=_count(machine.get("stations")),
        load_cores=number_or_none(machine.get("load")),
        lag_seconds=number_or_none(machine.get("lag_seconds")),
    )


def _group(group: Payload) -> GroupPicture:
    return GroupPicture(
        id=text(group.get("id")) or NAMELESS,
        machine=text(group.get("machine")) or NAMELESS,
        state=text(group.get("state")) or "unknown",
        stations=_count(group.get("stations")),
        failing=_count(group.get("failing")),
        load_cores=number_or_none(group.get("load")),
        lag_seconds=number_or_none(group.get("lag_seconds")),
        seen_seconds_ago=number_or_none(group.get("seen_seconds_ago")),
        starts=_count(group.get("starts")),
        pid=_count(group.get("pid")),
        trouble=text(group.get("trouble")),
    )


def _failing(station: Payload) -> FailingPicture:
    return FailingPicture(
        station=text(station.get("station")) or NAMELESS,
        name=text(station.get("name")),
        group=text(station.get("group")),
        state=text(station.get("state")),
        reason=text(station.get("reason")),
        seconds=number_or_none(station.get("seconds")),
    )


def _count(value: object) -> int | None:
    number = number_or_none(value)
    return None if number is None else int(number)


def _object(value: object) -> Payload:
    return cast("Payload", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value)[:MOST_LISTED] if isinstance(value, list) else []


def _objects(value: object) -> list[Payload]:
    return [cast("Payload", one) for one in _list(value) if isinstance(one, dict)]
