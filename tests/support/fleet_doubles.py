"""The other sides of a group, made up: a supervisor that does as it is told, a publisher without a disk."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from streamgenre.clock import Clock, SystemClock
from streamgenre.fleet.crossing import Assignment, GroupReport, Handed, Orders, Parcel, Receipt
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.voice_door import Door, Grant
from streamgenre.messages import SourceChange
from streamgenre.publish.payload import is_event
from streamgenre.settings import SourceSettings


@dataclass
class LazyPublisher:
    """Lets in by the real rules, commits when it is told to, and forgets the rest when it is killed."""

    clock: Clock
    durable: dict[str, Grant] = field(default_factory=dict[str, Grant])
    committed: list[Handed] = field(default_factory=list[Handed])
    pending: deque[tuple[str, Grant, Handed | None]] = field(default_factory=deque)
    starts: int = 0
    ready: bool = True

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.starts += 1
        self.pending.clear()
        self.door = Door(self.durable.get, self.clock)

    def hand(self, parcel: Parcel) -> Receipt:
        publisher = f"start {self.starts}"
        if not self.ready:
            return Receipt(publisher, {})
        fenced = {one.station for one in parcel.handed if self._admit(one, parcel.group) == "fenced"}
        fenced |= {station for station, epoch in parcel.epochs.items() if self.door.over(station, epoch)}
        stations = {one.station for one in parcel.handed} | parcel.epochs.keys()
        committed = {one: receipt for one in stations if (receipt := self.door.receipt(one)) is not None}
        return Receipt(publisher, committed, tuple(sorted(fenced)))

    def sever(self, station: str, epoch: int) -> None:
        number = self.door.sever(station, epoch)
        if number is not None:
            self.pending.append((station, Grant(epoch, number, void=True), None))

    def commit(self, count: int) -> None:
        for _ in range(min(count, len(self.pending))):
            station, grant, handed = self.pending.popleft()
            self.durable[station] = grant
            if handed is not None:
                self.committed.append(handed)

    def _admit(self, handed: Handed, group: str) -> str:
        return self.door.admit(handed, group, lambda: self._let_in(handed))

    def _let_in(self, handed: Handed) -> bool:
        grant = Grant(handed.epoch, handed.number, void=False)
        self.pending.append((handed.station, grant, handed))
        return True


class ReachedPublisher:
    """The same for groups that run: commits at once, may be out of reach, and knows what is switched off."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.lazy = LazyPublisher(clock or SystemClock())
        self.off: set[str] = set()
        self.reachable = True
        self.asked: list[str] = []
        self.parcels: list[Parcel] = []
        self.commits = True
        self.wanted: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def hand(self, parcel: Parcel) -> Receipt:
        if not self.reachable:
            raise UnreachableError("it is away")
        with self._lock:
            self.parcels.append(parcel)
            self.lazy.hand(parcel)
            if self.commits:
                self.lazy.commit(len(self.lazy.pending))
            receipt = self.lazy.hand(Parcel(parcel.group, parcel.handed, epochs=parcel.epochs))
            return replace(receipt, wanted=self.wanted)

    def switched_off(self, stations: Sequence[SourceSettings]) -> frozenset[str]:
        self.asked.extend(station.id for station in stations)
        if not self.reachable:
            raise UnreachableError("it is away")
        return frozenset(station.id for station in stations if station.id in self.off)

    def events(self, station: str, epoch: int | None = None) -> list[Handed]:
        return [
            one
            for one in list(self.lazy.committed)
            if one.station == station and epoch in (None, one.epoch) and is_event(one.stamped.message)
        ]

    def states(self, station: str, epoch: int | None = None) -> list[tuple[str, str | None]]:
        """Return what the station turned to, and why."""
        told = [one.stamped.message for one in self.events(station, epoch)]
        return [(one.state, one.reason) for one in told if isinstance(one, SourceChange)]


class ObedientSupervisor:
    """Gives one group the orders it is told to give."""

    def __init__(self, lease_seconds: float = 30.0) -> None:
        self.lease_seconds = lease_seconds
        self.reports: list[GroupReport] = []
        self.failure: Exception | None = None
        self.withheld: int | None = None
        """Number of the orders from which on no answer goes out."""
        self._orders = Orders(1, lease_seconds, ())

    def order(
        self, *assignments: Assignment, leaving: dict[str, str] | None = None, stop: bool = False
    ) -> None:
        """Have the group follow these, and nothing else."""
        number = self._orders.number + 1
        self._orders = Orders(number, self.lease_seconds, assignments, leaving or {}, stop)

    def report(self, report: GroupReport) -> Orders:
        self.reports.append(report)
        orders = self._orders
        while self.withheld is not None and orders.number >= self.withheld:
            time.sleep(0.01)
        if self.failure is not None:
            raise self.failure
        return orders

    @property
    def is_obeyed(self) -> bool:
        """Whether the group follows the newest orders."""
        return self.reports[-1].orders == self._orders.number

    @property
    def heard_of(self) -> dict[str, int]:
        """Stations of the newest report, with their epochs."""
        return {station: one.epoch for station, one in self.reports[-1].stations.items()}
