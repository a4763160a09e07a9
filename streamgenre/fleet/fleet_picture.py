"""How the fleet is at one instant, for people and programs: `fleet status` and the `fleet` topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from streamgenre.fleet.crossing import StationReport
from streamgenre.fleet.doors import Machine
from streamgenre.fleet.known_group import KnownGroup
from streamgenre.fleet.ledger import Grant
from streamgenre.publish.payload import SCHEMA, Payload, rfc3339
from streamgenre.settings import SourceSettings
from streamgenre.version import __version__

Reports = dict[str, tuple[KnownGroup, StationReport]]
"""By station."""
FAILING_SECONDS = 5.0
"""A station that is not heard for so long fails; less is an ordinary hiccup."""


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """What a supervisor knows; times are its monotonic seconds."""

    now: float
    up_seconds: float
    stations: tuple[SourceSettings, ...]
    grants: Mapping[str, Grant]
    groups: tuple[KnownGroup, ...]
    machines: tuple[Machine, ...]
    problems: tuple[str, ...]
    trouble: str | None


def status_of(
    picture: FleetPicture,
    node: str,
    time: datetime,
    *,
    machine: str,
    publisher: Payload,
    most: int | None = None,
) -> Payload:
    """Return the fleet's status, the worst first in its lists.

    `machine`: where the supervisor runs; `most`: entries of a list, at most.
    """
    reports = _reports(picture)
    failing = _failing(reports)
    at_group = Counter(group.id for group, _ in failing.values())
    groups = [
        _group(group, picture.now, at_group[group.id])
        for group in sorted(picture.groups, key=lambda one: one.id)
    ]
    machines = [_machine(one, groups) for one in _machines(picture)]
    names = {station.id: station.name for station in picture.stations if station.name}
    rows = [_row(station, names.get(station), *failing[station]) for station in sorted(failing)]
    rows.sort(key=lambda row: row["seconds"])
    return {
        "schema": SCHEMA,
        "type": "fleet",
        "node": node,
        "time": rfc3339(time),
        "version": __version__,
        "supervisor": {
            "machine": machine,
            "up_seconds": round(picture.up_seconds, 1),
            "trouble": picture.trouble,
        },
        "publisher": publisher,
        "stations": _counts(picture, reports, len(failing)),
        "machines": sorted(machines, key=_machine_goodness)[:most],
        "groups": sorted(groups, key=_group_goodness)[:most],
        "failing": rows[:most],
        "problems": list(picture.problems)[:most],
    }


def _reports(picture: FleetPicture) -> Reports:
    """What the group that may follow a station says of it."""
    return {
        station: (group, one)
        for group in picture.groups
        if group.report and not group.lost
        for station, one in group.report.stations.items()
        if (grant := picture.grants.get(station)) and grant.epoch == one.epoch and grant.group == group.id
    }


def _counts(picture: FleetPicture, reports: Reports, failing: int) -> Payload:
    followed = [reports[station.id][1] for station in picture.stations if station.id in reports]
    return {
        "total": len(picture.stations),
        "heard": sum(one.heard for one in followed),
        "waiting": len(picture.stations) - len(followed),
        "failing": failing,
        "disabled": sum(not one.enabled for one in followed),
    }


def _failing(reports: Reports) -> Reports:
    return {
        station: (group, one)
        for station, (group, one) in reports.items()
        if one.enabled and not one.heard and one.state_seconds >= FAILING_SECONDS
    }


def _group(group: KnownGroup, now: float, failing: int) -> Payload:
    report = group.report
    return {
        "id": group.id,
        "machine": group.machine,
        "state": group.state(now),
        "pid": report.pid if report else None,
        "stations": len(report.stations) if report and not group.lost else 0,
        "failing": failing,
        "load": round(report.load, 3) if report else 0.0,
        "lag_seconds": round(report.lag_seconds, 3) if report else 0.0,
        "seen_seconds_ago": None if group.heard_at is None else round(now - group.heard_at, 1),
        "starts": group.starts,
        "trouble": group.trouble,
    }


def _machines(picture: FleetPicture) -> list[tuple[str, Machine | None]]:
    """Those that are there, and those that are gone with groups whose end is not certain yet."""
    there = {machine.id: machine for machine in picture.machines}
    known = {group.machine for group in picture.groups} | there.keys()
    return [(name, there.get(name)) for name in sorted(known)]


def _machine(found: tuple[str, Machine | None], groups: Sequence[Payload]) -> Payload:
    name, machine = found
    theirs = [group for group in groups if group["machine"] == name]
    return {
        "id": name,
        "alive": machine is not None,
        "cores": machine.cores if machine else 0.0,
        "groups": len(theirs),
        "stations": sum(group["stations"] for group in theirs),
        "load": round(sum(group["load"] for group in theirs), 3),
        "lag_seconds": max((group["lag_seconds"] for group in theirs), default=0.0),
    }


def _group_goodness(group: Payload) -> tuple[bool, bool, float, str]:
    well = group["state"] in ("serving", "starting", "leaving")
    return well, group["trouble"] is None, -group["lag_seconds"], group["id"]


def _machine_goodness(machine: Payload) -> tuple[bool, float, str]:
    return machine["alive"], -machine["lag_seconds"], machine["id"]


def _row(station: str, name: str | None, group: KnownGroup, one: StationReport) -> Payload:
    return {
        "station": station,
        "name": name,
        "group": group.id,
        "epoch": one.epoch,
        "state": one.state,
        "reason": one.reason,
        "seconds": round(one.state_seconds, 1),
    }
