"""A fleet at one moment, as its message tells it: many machines that are one node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LAGGING_SECONDS: Final = 1.0
"""So far behind its sound a group is shown as lagging."""
FULL_SHARE: Final = 0.9
"""So much of its cores in use a machine is shown as full."""
TROUBLED: Final = frozenset({"silent", "lost"})


@dataclass(frozen=True, slots=True)
class MachinePicture:
    """One machine; None: it was not told."""

    id: str
    alive: bool
    cores: float | None = None
    groups: int | None = None
    stations: int | None = None
    load_cores: float | None = None
    lag_seconds: float | None = None

    @property
    def load_share(self) -> float | None:
        """How much of its cores is in use."""
        return self.load_cores / self.cores if self.load_cores is not None and self.cores else None


@dataclass(frozen=True, slots=True)
class GroupPicture:
    """One process that follows stations; None: it was not told."""

    id: str
    machine: str
    state: str
    """starting, serving, silent, lost or leaving, or what a later version says."""
    stations: int | None = None
    failing: int | None = None
    load_cores: float | None = None
    lag_seconds: float | None = None
    seen_seconds_ago: float | None = None
    starts: int | None = None
    pid: int | None = None
    trouble: str | None = None

    @property
    def in_trouble(self) -> bool:
        return self.state in TROUBLED or self.trouble is not None


@dataclass(frozen=True, slots=True)
class FailingPicture:
    """A station that is followed and not heard."""

    station: str
    name: str | None = None
    group: str | None = None
    state: str | None = None
    reason: str | None = None
    seconds: float | None = None
    """For how long it has not been heard."""

    @property
    def shown_as(self) -> str:
        return self.name or self.station

    @property
    def why(self) -> str:
        return ": ".join(part for part in (self.state, self.reason) if part) or "not heard"


@dataclass(frozen=True, slots=True)
class FleetPart:
    """The supervisor or the publisher; None: it was not told."""

    machine: str | None = None
    up_seconds: float | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class StationCounts:
    """None: it was not told."""

    total: int | None = None
    heard: int | None = None
    waiting: int | None = None
    """No group follows them just now."""
    failing: int | None = None
    """Followed, and not heard."""
    disabled: int | None = None


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """Lists in the order in which they were told; a long one may have been cut by whoever told it."""

    node: str
    time_seconds: float | None = None
    """By the clock of its supervisor, since 1970."""
    version: str | None = None
    supervisor: FleetPart = FleetPart()
    publisher: FleetPart = FleetPart()
    stations: StationCounts = StationCounts()
    machines: tuple[MachinePicture, ...] = ()
    groups: tuple[GroupPicture, ...] = ()
    failing: tuple[FailingPicture, ...] = ()
    problems: tuple[str, ...] = ()
    age_seconds: float | None = None
    """How old it is, as far as its receiver knows."""
    old: str | None = None
    """Why it is not of now; None: it is."""

    @property
    def group_count(self) -> int:
        """Groups there are, of which the list may have been cut."""
        return max(len(self.groups), sum(one.groups or 0 for one in self.machines if one.alive))

    @property
    def failing_count(self) -> int:
        """Stations that fail, of which the list may have been cut."""
        return max(len(self.failing), self.stations.failing or 0)

    @property
    def since_told_seconds(self) -> float:
        """What has passed since; of what is old nobody knows whether it went on."""
        return 0.0 if self.old else self.age_seconds or 0.0

    @property
    def groups_troubled(self) -> int:
        return sum(one.state in TROUBLED for one in self.groups)

    @property
    def machines_lost(self) -> int:
        return sum(not one.alive for one in self.machines)

    @property
    def lag_seconds(self) -> float | None:
        """The greatest there is."""
        machines = [one.lag_seconds for one in self.machines if one.alive]
        groups = [one.lag_seconds for one in self.groups if one.state != "lost"]
        return max((one for one in (*machines, *groups) if one is not None), default=None)

    @property
    def load_cores(self) -> float | None:
        told = [one.load_cores for one in self.machines if one.alive and one.load_cores is not None]
        return sum(told) if told else None

    @property
    def cores(self) -> float:
        """Of the machines that are there."""
        return sum(one.cores or 0.0 for one in self.machines if one.alive)

    @property
    def in_trouble(self) -> bool:
        counts = self.stations
        return bool(
            self.old or counts.failing or counts.waiting or self.groups_troubled or self.machines_lost
            or self.supervisor.trouble or self.publisher.trouble or self.problems
        )  # fmt: skip

    def worst_first(self) -> list[tuple[MachinePicture, list[GroupPicture]]]:
        """Return each machine with its groups: what is in trouble first, then what lags, then by name."""
        on: dict[str, list[GroupPicture]] = {one.id: [] for one in self.machines}
        for group in self.groups:
            on.setdefault(group.machine, []).append(group)
        known = {one.id: one for one in self.machines}
        machines = [(known.get(name) or MachinePicture(name, alive=True), on[name]) for name in on]
        ranked = [(machine, sorted(groups, key=_group_rank)) for machine, groups in machines]
        return sorted(ranked, key=_machine_rank)

    def newest_failing_first(self) -> list[FailingPicture]:
        return sorted(self.failing, key=lambda one: (one.seconds or 0.0, one.shown_as))


def lags(seconds: float | None) -> bool:
    return seconds is not None and seconds >= LAGGING_SECONDS


def is_full(machine: MachinePicture) -> bool:
    return machine.load_share is not None and machine.load_share >= FULL_SHARE


def _group_rank(group: GroupPicture) -> tuple[bool, bool, str]:
    return not group.in_trouble, not lags(group.lag_seconds), group.id


def _machine_rank(pair: tuple[MachinePicture, list[GroupPicture]]) -> tuple[bool, bool, bool, str]:
    machine, groups = pair
    behind = lags(machine.lag_seconds) or any(lags(one.lag_seconds) for one in groups)
    return (
        machine.alive,
        not any(one.in_trouble for one in groups),
        not (behind or is_full(machine)),
        machine.id,
    )
