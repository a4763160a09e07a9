"""A simulated group: beats, leases and letting go as in `streamgenre.fleet.group`; no sound, no process."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamgenre.fleet.crossing import Assignment, GroupReport, Orders, StationReport
from streamgenre.fleet.doors import UnreachableError
from streamgenre.version import __version__
from tests.fleet_simulation.machines import SimulatedMachine
from tests.fleet_simulation.plan import (
    BEAT_SECONDS,
    HANDING_OVER_SECONDS,
    LATE_MEMORY_SECONDS,
    LETTING_GO_SECONDS,
    MEASURED_AFTER_SECONDS,
    MEASURING_SPREAD,
    OPENING_CPU_SECONDS,
    REPORT_SECONDS,
    TURN_SECONDS,
)

if TYPE_CHECKING:
    from tests.fleet_simulation.world import World

REMEASURED_BEATS = 10
_incarnations = itertools.count(1)


@dataclass(slots=True, eq=False)
class Followed:
    """A station at a group."""

    epoch: int
    codec: str
    cores: float
    since: float
    heard_at: float | None = None
    closing: bool = False
    gone_at: float = math.inf
    """When it is closed and handed over, and named no more."""
    report: StationReport | None = None


class SimulatedGroup:
    """One process; it beats until it is killed or told to stop."""

    def __init__(self, world: World, group: str, machine: SimulatedMachine) -> None:
        self.id = group
        self.machine = machine
        self.alive = True
        self._world = world
        self._incarnation = f"i{next(_incarnations)}"
        self._orders = Orders(0, 0.0, ())
        self._wanted: Mapping[str, Assignment] = {}
        self._leased_until = -math.inf
        self._followed: dict[str, Followed] = {}
        self._opening_until = 0.0
        self._asked_cores = 0.0
        self._out_of_reach = False
        self._behind = self._lag_seconds = 0.0
        self._looked_at = world.agenda.now
        self._beats = itertools.count(int(world.rng.integers(REMEASURED_BEATS)))

    @property
    def stations(self) -> tuple[str, ...]:
        """All whose sound it receives."""
        return tuple(station for station, one in self._followed.items() if not one.closing)

    def demand(self) -> float:
        """Cores it would take."""
        return self._asked_cores * self.machine.slowness

    def beat(self) -> None:
        """Report and obey, then follow; unreachable, the report is waited for in vain first."""
        if not self.alive:
            return
        sent_at = self._world.agenda.now
        self._grow_late(sent_at)
        try:
            orders = self._world.report(self._report(sent_at), self.machine)
        except UnreachableError:
            self._world.agenda.after(REPORT_SECONDS, self._unanswered)
            return
        seconds, incarnation = self._world.answer_seconds(), self._incarnation
        if seconds < REPORT_SECONDS:
            self._world.agenda.after(seconds, lambda: self._answered(orders, incarnation, sent_at))
        else:
            self._world.agenda.after(REPORT_SECONDS, self._unanswered)

    def _answered(self, orders: Orders, incarnation: str, sent_at: float) -> None:
        if not self.alive:
            return
        now = self._world.agenda.now
        if not self.machine.reachable:
            self._world.agenda.after(sent_at + REPORT_SECONDS - now, self._unanswered)
            return
        if incarnation == self._incarnation:
            self._obey(orders, sent_at)
        if self.alive:
            self._go_on(sent_at)

    def _unanswered(self) -> None:
        self._out_of_reach = True
        self._go_on(self._world.agenda.now - REPORT_SECONDS)

    def _obey(self, orders: Orders, sent_at: float) -> None:
        self._lease_until(sent_at + orders.lease_seconds)
        if orders.assignments is not None:
            self._orders = orders
            self._wanted = {one.station.id: one for one in orders.assignments}
        if orders.stop:
            self.kill("ended in order")
            self._world.ended(self)
        elif self._out_of_reach:
            self._out_of_reach = False
            for station, one in self._followed.items():
                self._hand_over(station, one)

    def kill(self, cause: str) -> None:
        """Its process is no more."""
        self.alive = False
        self.machine.groups.pop(self.id, None)
        self._world.witness.loses(self._followed, cause)
        for station in self._followed:
            self._world.witness.ends(station, self.id)
        self._followed.clear()
        self._asked_cores = 0.0

    def _go_on(self, sent_at: float) -> None:
        if not self.alive:
            return
        now = self._world.agenda.now
        self._follow(now)
        turn = self._world.rng.uniform(0.0, TURN_SECONDS)
        self._world.agenda.after(max(0.0, sent_at + BEAT_SECONDS - now) + turn, self.beat)

    def _lease_until(self, end: float) -> None:
        agenda = self._world.agenda
        self._leased_until = end
        look = self._world.rng.uniform(0.0, TURN_SECONDS)
        agenda.after(max(0.0, end - agenda.now) + look, self._look_at_lease)

    def _look_at_lease(self) -> None:
        now = self._world.agenda.now
        if self.alive and self._orders.number and now >= self._leased_until:
            self._incarnation = f"i{next(_incarnations)}"
            self._orders, self._wanted = Orders(0, 0.0, ()), {}
            self._follow(now)

    def _follow(self, now: float) -> None:
        for station, one in list(self._followed.items()):
            wanted = self._wanted.get(station)
            if not one.closing and (wanted is None or wanted.epoch != one.epoch):
                self._close(station, one, "its lease ran out" if not self._orders.number else "moved")
            if one.gone_at <= now:
                del self._followed[station]
        for station, assignment in self._wanted.items():
            if station not in self._followed:
                self._open(station, assignment.epoch, now)

    def _open(self, station: str, epoch: int, now: float) -> None:
        world = self._world
        codec, cores = world.costs[station]
        self._asked_cores += cores
        one = self._followed[station] = Followed(epoch, codec, cores, now)
        world.witness.begins(station, self.id, epoch)
        self._opening_until = max(self._opening_until, now) + OPENING_CPU_SECONDS
        seconds = self._opening_until - now + world.opening_seconds()
        world.agenda.after(seconds, lambda: self._hear(station, one))

    def _hear(self, station: str, one: Followed) -> None:
        if self.alive and self._followed.get(station) is one and not one.closing:
            one.heard_at = self._world.agenda.now
            self._hand_over(station, one)

    def _hand_over(self, station: str, one: Followed) -> None:
        """What nobody is told of is not served."""
        if one.heard_at is not None and not one.closing and self.machine.reachable:
            self._world.witness.hears(station)

    def _close(self, station: str, one: Followed, cause: str) -> None:
        """It takes a moment until it is closed, and another until the publisher has all of it."""
        one.closing, world = True, self._world
        self._asked_cores -= one.cores
        world.witness.loses([station], cause)
        closed = world.rng.uniform(*LETTING_GO_SECONDS)
        one.gone_at = world.agenda.now + closed + world.rng.uniform(*HANDING_OVER_SECONDS)
        world.agenda.after(closed, lambda: self._closed(station))

    def _closed(self, station: str) -> None:
        if self.alive:
            self._world.witness.ends(station, self.id)

    def _grow_late(self, now: float) -> None:
        """Work that is not done in time piles up; a longer hop ends that at some seconds."""
        passed, self._looked_at = now - self._looked_at, now
        excess = self.machine.busy() - 0.95
        self._behind = min(6.0, max(0.0, self._behind + passed * (excess if excess > 0 else -0.1)))
        faded = self._lag_seconds * math.exp(-passed / LATE_MEMORY_SECONDS)
        self._lag_seconds = max(faded, self._behind, self._opening_until - now)

    def _report(self, now: float) -> GroupReport:
        beat, squeezed = next(self._beats), max(1.0, self.machine.busy())
        if beat % REMEASURED_BEATS == 0 or any(one.report is None for one in self._followed.values()):
            for one in self._followed.values():
                one.report = self._station(one, now, squeezed)
        named = {station: one.report for station, one in self._followed.items() if one.report}
        ordered = {
            station: StationReport(
                one.epoch, enabled=True, heard=False, state=None, reason=None, state_seconds=0.0,
                load=0.0, codec=None,
            )
            for station, one in self._wanted.items()
            if station not in named
        }  # fmt: skip
        return GroupReport(
            group=self.id,
            machine=self.machine.id,
            incarnation=self._incarnation,
            orders=self._orders.number,
            pid=1,
            version=__version__,
            stations=named | ordered,
            load=self.demand() / squeezed,
            lag_seconds=self._lag_seconds,
        )

    def _station(self, one: Followed, now: float, squeezed: float) -> StationReport:
        heard = one.heard_at is not None and not one.closing
        measured = one.heard_at is not None and now - one.heard_at >= MEASURED_AFTER_SECONDS
        noise = math.exp(self._world.rng.normal(0.0, MEASURING_SPREAD))
        return StationReport(
            epoch=one.epoch,
            enabled=True,
            heard=heard,
            state="online" if heard else None,
            reason=None,
            state_seconds=now - one.since,
            load=one.cores * self.machine.slowness * noise / squeezed if measured else 0.0,
            codec=one.codec if one.heard_at is not None else None,
        )
