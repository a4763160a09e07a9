"""A fleet in few words, each fact apart, what is wrong before what is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streamgenre.publish.dashboard.fleet_picture import FleetPart, FleetPicture, lags
from streamgenre.publish.dashboard.text import clock

HALF_A_DAY = 43_200.0


@dataclass(frozen=True, slots=True)
class Fact:
    """One of few words."""

    words: str
    wrong: bool = False


def fleet_facts(fleet: FleetPicture) -> list[Fact]:
    """Return what matters most first: a narrow line shows the beginning."""
    counts, wrong = fleet.stations, _wrong(fleet)
    heard = "stations not told" if counts.heard is None else _heard(counts.heard, counts.total)
    facts = [Fact(heard), *wrong]
    facts.append(Fact(plural(len(fleet.machines), "machine")))
    facts.append(Fact(plural(fleet.group_count, "group")))
    if not lags(fleet.lag_seconds):
        facts.append(Fact(f"lag {short_seconds(fleet.lag_seconds)}"))
    if fleet.load_cores is not None:
        facts.append(Fact(f"load {fleet.load_cores:.1f} of {fleet.cores:g} cores"))
    if counts.disabled:
        facts.append(Fact(f"{counts.disabled} disabled"))
    return facts


def _wrong(fleet: FleetPicture) -> list[Fact]:
    counts = fleet.stations
    words = [
        f"{counts.failing} failing" if counts.failing else "",
        f"{counts.waiting} waiting" if counts.waiting else "",
        _counted(fleet.machines_lost, "machine", "gone"),
        *(
            _counted(sum(one.state == state for one in fleet.groups), "group", state)
            for state in ("lost", "silent")
        ),
        f"lag {short_seconds(fleet.lag_seconds)}" if lags(fleet.lag_seconds) else "",
        f"publisher: {fleet.publisher.trouble}" if fleet.publisher.trouble else "",
        f"supervisor: {fleet.supervisor.trouble}" if fleet.supervisor.trouble else "",
        plural(len(fleet.problems), "problem") if fleet.problems else "",
    ]
    return [Fact(one, wrong=True) for one in words if one]


def part_words(name: str, part: FleetPart) -> str:
    """Say where the supervisor or the publisher runs, and for how long it has."""
    where = f" on {part.machine}" if part.machine else " not told"
    return f"{name}{where}" + ("" if part.up_seconds is None else f", up {clock(part.up_seconds)}")


def short_seconds(seconds: float | None) -> str:
    """Write 0.4 s, 12 s or 1:02:03."""
    if seconds is None:
        return "not told"
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    return f"{seconds:.0f} s" if seconds < 99.5 else clock(seconds)


def since_words(time_seconds: float | None, lasted_seconds: float | None) -> str:
    """Write when something began that lasted so long at a time: 14:02:31, or with its day."""
    if time_seconds is None or lasted_seconds is None or not 0 <= lasted_seconds <= time_seconds:
        return ""
    began = datetime.fromtimestamp(time_seconds - lasted_seconds).astimezone()
    return f"{began:%H:%M:%S}" if lasted_seconds < HALF_A_DAY else f"{began:%m-%d %H:%M}"


def _heard(heard: int, total: int | None) -> str:
    return f"{heard} heard" if total is None else f"{heard} of {total} heard"


def _counted(count: int, noun: str, state: str) -> str:
    return f"{plural(count, noun)} {state}" if count else ""


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
