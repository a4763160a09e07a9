"""The machines and groups of a fleet as rows of words; whoever draws them only styles and cuts."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.publish.dashboard.fleet_picture import (
    FleetPicture,
    GroupPicture,
    MachinePicture,
    is_full,
    lags,
)
from streamgenre.publish.dashboard.fleet_words import Fact, short_seconds
from streamgenre.publish.dashboard.standing import SIGNS

FIGURES: tuple[str, ...] = ("stations", "failing", "lag", "seen")
STATE_SIGNS = {
    "alive": SIGNS["online"],
    "gone": SIGNS["offline"],
    "serving": SIGNS["online"],
    "starting": SIGNS["starting"],
    "silent": SIGNS["stalled"],
    "lost": SIGNS["offline"],
    "leaving": SIGNS["disabled"],
}
WELL = frozenset({"alive", "serving"})
NOTHING = Fact("")

Row = MachinePicture | GroupPicture


@dataclass(frozen=True, slots=True)
class RowWords:
    """A machine, or one of its groups."""

    name: str
    is_machine: bool
    state: str
    wrong: bool
    load: Fact
    """In cores; for one that serves nothing, why."""
    load_share: float | None
    """None: there is no load to show."""
    figures: tuple[Fact, ...]
    """In the order of FIGURES."""
    trouble: str | None

    @property
    def well(self) -> bool:
        return self.state in WELL and not self.wrong

    def sign(self, *, unicode: bool) -> str:
        return STATE_SIGNS.get(self.state, ("?", "?"))[0 if unicode else 1]


def fleet_rows(fleet: FleetPicture) -> list[Row]:
    """Return each machine, and below it its groups; what is in trouble first."""
    return [row for machine, groups in fleet.worst_first() for row in (machine, *groups)]


def row_words(row: Row, late_seconds: float) -> RowWords:
    """Put a row into words; `late_seconds`: how long ago it was told."""
    return _machine(row) if isinstance(row, MachinePicture) else _group(row, late_seconds)


def _machine(machine: MachinePicture) -> RowWords:
    load, share = Fact("gone", wrong=True), None
    if machine.alive:
        of_all = "" if machine.cores is None else f" of {machine.cores:g}"
        known = machine.load_cores is not None
        load = Fact(f"{machine.load_cores:.2f}{of_all}" if known else "", wrong=is_full(machine))
        share = machine.load_share
    return RowWords(
        name=machine.id,
        is_machine=True,
        state="alive" if machine.alive else "gone",
        wrong=not machine.alive,
        load=load,
        load_share=share,
        figures=(
            _count(machine.stations),
            NOTHING,
            _lag(machine.lag_seconds if machine.alive else None),
            NOTHING,
        ),
        trouble=None,
    )


def _group(group: GroupPicture, late_seconds: float) -> RowWords:
    load, share = Fact(group.state, wrong=group.in_trouble), None
    if group.state == "serving":
        known = group.load_cores is not None
        load, share = Fact(f"{group.load_cores:.2f}" if known else ""), group.load_cores
    seen = group.seen_seconds_ago
    return RowWords(
        name=group.id,
        is_machine=False,
        state=group.state,
        wrong=group.in_trouble,
        load=load,
        load_share=share,
        figures=(
            _count(group.stations),
            Fact(f"{group.failing}", wrong=True) if group.failing else NOTHING,
            _lag(None if group.state == "lost" else group.lag_seconds),
            NOTHING
            if seen is None
            else Fact(short_seconds(seen + late_seconds), wrong=group.state == "silent"),
        ),
        trouble=group.trouble,
    )


def _count(count: int | None) -> Fact:
    return NOTHING if count is None else Fact(f"{count}")


def _lag(seconds: float | None) -> Fact:
    return NOTHING if seconds is None else Fact(short_seconds(seconds), wrong=lags(seconds))
