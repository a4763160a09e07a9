"""The supervisor: which group follows which station, whatever becomes of groups, machines and itself.

It knows no Ray and no thread: others call it, with what they see, and carry out what it says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from copy import copy

from streamgenre.clock import Clock, SystemClock
from streamgenre.fleet.allocation import Allocation
from streamgenre.fleet.crossing import Assignment, GroupReport, Loss, Orders
from streamgenre.fleet.doors import Cluster, Ending
from streamgenre.fleet.fleet_picture import FleetPicture
from streamgenre.fleet.gone import Gone
from streamgenre.fleet.holdings import Holdings, unfit
from streamgenre.fleet.known_group import LEASE_SECONDS, MARGIN_SECONDS, KnownGroup
from streamgenre.fleet.ledger import Deployment, Ledger
from streamgenre.fleet.placement.costs import LEAST_STEP_SECONDS
from streamgenre.fleet.settling import adopt, reconcile
from streamgenre.settings import SourceSettings

SETTLE_SECONDS = 3.0
"""Groups that run already have so long to report to a supervisor that has just begun."""
WRITE_AGAIN_SECONDS = 1.0
COSTS_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A group that lived for so long is started anew at once should it end."""

log = logging.getLogger(__name__)


class Supervisor:
    """Any thread may call anything here; nothing waits for anything but the ledger's disk."""

    def __init__(
        self,
        ledger: Ledger,
        cluster: Cluster,
        clock: Clock | None = None,
        cpu_seconds: Callable[[], float] = time.thread_time,
    ) -> None:
        """`cpu_seconds` times the placement."""
        self._ledger = ledger
        self._cluster = cluster
        self._clock = clock or SystemClock()
        self._cpu_seconds = cpu_seconds
        self._lock = threading.RLock()
        now = self._clock.monotonic()
        self._began_at = self._costs_at = self._write_at = now
        self._have = Holdings(ledger, self._clock)
        self._allocation = Allocation(self._have, cluster, now)
        self._stopping = ledger.stopped
        self._settled = False
        self._gone = Gone()
        self.placement_seconds = 0.0
        """Processor time that the last round of placement took."""

    @property
    def deployment(self) -> Deployment | None:
        """What the fleet is to do; None: nothing was deployed yet."""
        return self._have.deployment

    @property
    def stations(self) -> tuple[SourceSettings, ...]:
        """All that listeners may hear of: those deployed, and those that groups have not let go of yet."""
        with self._lock:
            return tuple(self._have.stations.values())

    def deploy(self, deployment: Deployment) -> None:
        """Follow these stations from now on; what did not change goes on untouched."""
        with self._lock:
            self._stopping = False
            self._ledger.deploy(deployment)
            self._have.take(deployment)
            for group in self._have.groups.values():
                group.orders += 1
            log.info("stations to be followed: %d", len(deployment.stations))

    def report(self, report: GroupReport) -> Orders:
        """Take how a group fares; return what it is to do."""
        now = self._clock.monotonic()
        with self._lock:
            group = self._have.groups.get(report.group)
            if report.incarnation in self._gone or (group and group.is_another(report, now)):
                return Orders(report.orders, LEASE_SECONDS, stop=True)
            decides = self._decides(now)
            if group is None or group.report is None or group.lost:
                group = self._welcome(report, group, now)
                if decides:
                    reconcile(self._have, group, report)
            elif report.incarnation != group.incarnation:
                self._gone.add(group.incarnation)
                group.orders += 1
            group.heard_at, group.report, group.incarnation = now, report, report.incarnation
            self._note_epochs(report)
            if not decides:
                return self._as_it_does(group, report)
            if now - group.began_at > STEADY_SECONDS:
                group.pauses.reset()
            group.trouble = report.trouble or unfit(report)
            self._take_back(group, report)
            self._measure(group, report, now)
            self._have.grants.write()
            return self._orders(group, report)

    def tick(self) -> None:
        """Do what is due; called a few times a second."""
        now = self._clock.monotonic()
        with self._lock:
            for ending in self._cluster.endings():
                self._end(ending, now)
            self._have.machines = {machine.id: machine for machine in self._cluster.machines()}
            self._expire(now)
            if self._stopping:
                self._stop_empty()
            elif self._decides(now):
                began = self._cpu_seconds()
                self._allocation.round(now)
                self.placement_seconds = self._cpu_seconds() - began
            if now >= self._costs_at:
                self._costs_at = now + COSTS_SECONDS
                self._have.costs.keep(self._have.stations)
                self._ledger.keep_costs(self._have.costs.kept())
            self._have.grants.write()
            if now >= self._write_at:
                self._write_at = now + WRITE_AGAIN_SECONDS
                self._ledger.write_again()

    def group_of(self, station: str) -> str | None:
        """Return the group that follows a station; None: none does just now."""
        with self._lock:
            grant = self._have.grants.get(station)
        return grant.group if grant else None

    def losses(self) -> list[Loss]:
        """Return what listeners are to be told and were not yet."""
        with self._lock:
            return self._have.grants.losses()

    def settled(self, losses: Sequence[Loss]) -> None:
        """They were told."""
        with self._lock:
            for loss in losses:
                self._have.grants.settled(loss)
            self._have.grants.write()

    def stop(self) -> None:
        """Have every group end in order; see `stopped`."""
        with self._lock:
            self._stopping = True
            for group in self._have.groups.values():
                group.orders += 1
            self._ledger.deploy(None)

    @property
    def stopped(self) -> bool:
        """Whether no group is left, as far as anybody can tell."""
        with self._lock:
            return self._stopping and not self._have.groups

    def picture(self) -> FleetPicture:
        """Return how the fleet is now."""
        now = self._clock.monotonic()
        with self._lock:
            return FleetPicture(
                now=now,
                up_seconds=now - self._began_at,
                stations=tuple(self._have.stations.values()),
                grants=dict(self._have.grants.items()),
                groups=tuple(copy(group) for group in self._have.groups.values()),
                machines=tuple(self._have.machines.values()),
                problems=self._have.deployment.problems if self._have.deployment else (),
                trouble=self._ledger.trouble,
            )

    def _welcome(self, report: GroupReport, known: KnownGroup | None, now: float) -> KnownGroup:
        """A group is there for the first time, or again."""
        group = known or KnownGroup(report.group, report.machine, now)
        self._have.groups[report.group] = group
        group.machine = report.machine
        group.lost_at = group.again_at = None
        group.told_to_end = False
        group.orders = max(group.orders, report.orders) + 1
        log.info("group %s is there (process %d)", group.id, report.pid)
        return group

    def _decides(self, now: float) -> bool:
        """Whether groups have had the time to report to this supervisor, and it knows what they are to do.

        A ledger that groups know more than may be old: what it lacks, a group out of reach may still follow.
        """
        if not self._settled and now - self._began_at >= SETTLE_SECONDS:
            self._settled = self._stopping or self._have.deployment is not None
            if self._settled and adopt(self._have):
                log.warning(
                    "the ledger is behind what groups do: stations without one wait for a lease's time"
                )
                self._allocation.place_from = self._began_at + LEASE_SECONDS + MARGIN_SECONDS
        return self._settled

    def _as_it_does(self, group: KnownGroup, report: GroupReport) -> Orders:
        """Let a group go on as it does until this supervisor knows better."""
        group.told_to_end = self._stopping
        return Orders(report.orders, LEASE_SECONDS, stop=self._stopping)

    def _note_epochs(self, report: GroupReport) -> None:
        newest = max((one.epoch for one in report.stations.values()), default=0)
        self._have.grants.note_epoch(newest)

    def _take_back(self, group: KnownGroup, report: GroupReport) -> None:
        """A group that follows its newest orders, and names a station no more, has let go of it."""
        if report.orders != group.orders:
            return
        for station, grant in self._have.grants.of(group.id).items():
            if station in self._have.grants.leaving and station not in report.stations:
                leaving = self._have.returned(station)
                if leaving.reason is not None:
                    self._give_to(station, leaving.target)
            elif station not in report.stations and station not in self._have.grants.leaving:
                self._have.void(station, f"group {group.id} let go of it under epoch {grant.epoch}")

    def _give_to(self, station: str, target: str | None) -> None:
        """To the group it was meant for, if that can still take it; else the next round finds one."""
        group = self._have.groups.get(target or "")
        if station in self._have.deployed and group and group.may_take(self._clock.monotonic()):
            self._have.grants.give({station: (group.id, group.incarnation)})
            self._allocation.moved_at[station] = self._clock.monotonic()
            group.orders += 1

    def _measure(self, group: KnownGroup, report: GroupReport, now: float) -> None:
        self._have.capacities.note(report.group, report.load, report.lag_seconds, now)
        if now - group.measured_at >= LEAST_STEP_SECONDS:
            group.measured_at = now
            self._have.measure(report, now)

    def _orders(self, group: KnownGroup, report: GroupReport) -> Orders:
        held = self._have.grants.of(group.id)
        unwanted = group.leaving or group.machine not in self._have.machines
        group.told_to_end = self._stopping or (unwanted and not held)
        if group.told_to_end:
            return Orders(group.orders, LEASE_SECONDS, stop=True)
        if report.orders == group.orders:
            return Orders(group.orders, LEASE_SECONDS)
        leaving = {
            station: one.reason
            for station in held
            if (one := self._have.grants.leaving.get(station)) and one.reason is not None
        }
        assignments = tuple(
            Assignment(self._have.stations[station], grant.epoch)
            for station, grant in held.items()
            if station not in self._have.grants.leaving
            and station in self._have.stations
            and grant.incarnation == group.incarnation
        )
        return Orders(group.orders, LEASE_SECONDS, assignments, leaving)

    def _end(self, ending: Ending, now: float) -> None:
        """A process that is gone for certain is replaced at once; else its lease decides."""
        group = self._have.groups.get(ending.group)
        if group is None or not ending.certain:
            return
        if group.incarnation:
            self._gone.add(group.incarnation)
        if self._stopping:
            self._have.grants.forget(group.id)
            del self._have.groups[group.id]
            return
        if not group.leaving:
            log.error("group %s has ended: %s", group.id, ending.reason)
        self._have.void_all(group, f"group {group.id} has ended: {ending.reason}")
        if group.leaving or group.lost or group.machine not in self._have.machines:
            del self._have.groups[group.id]
            return
        group.ended(now, ending.reason)

    def _expire(self, now: float) -> None:
        for group in list(self._have.groups.values()):
            if group.lapsed(now):
                self._give_up(group, now)
            elif group.start_failed(now):
                self._start_failed(group, now)
            gone = group.machine not in self._have.machines
            if (gone and (group.lost or group.heard_at is None)) or group.to_be_forgotten(now):
                self._have.void_all(group, f"machine {group.machine} is gone")
                self._have.groups.pop(group.id, None)
        self._have.capacities.keep(self._have.groups)

    def _give_up(self, group: KnownGroup, now: float) -> None:
        silent_seconds = now - (group.heard_at or now)
        log.error("group %s has been silent for %.1f s and is given up", group.id, silent_seconds)
        group.trouble = f"group {group.id} was silent for {silent_seconds:.0f} s"
        group.lost_at = now
        self._have.void_all(group, group.trouble)
        self._cluster.end_group(group.id)

    def _start_failed(self, group: KnownGroup, now: float) -> None:
        log.error("group %s was started and never reported", group.id)
        self._cluster.end_group(group.id)
        group.ended(now, "it was started and never reported")

    def _stop_empty(self) -> None:
        """A group that was stopped ends by itself; one that cannot hear of it is ended."""
        for group in list(self._have.groups.values()):
            if group.heard_at is None or group.lost:
                self._cluster.end_group(group.id)
                self._have.grants.forget(group.id)
                del self._have.groups[group.id]
