"""A fleet without sound, processes or network: the real supervisor, and groups that keep to the rules.

Time goes on in steps; whoever breaks a promise of the fleet is found at the end of one: see `Fleet.wrong`.
"""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from streamgenre.fleet.crossing import Assignment, GroupReport, Loss, Orders, StationReport
from streamgenre.fleet.doors import Ending, Machine
from streamgenre.fleet.ledger import Deployment, Ledger
from streamgenre.fleet.supervisor import Supervisor
from streamgenre.settings import Settings, SourceSettings
from streamgenre.version import __version__
from tests.soak.clock import SimulatedClock

STEP_SECONDS = 0.25
BEAT_SECONDS = 0.5
ASK_SECONDS = 1.5
CLOSING_SECONDS = 0.25
STARTING_SECONDS = 1.0
NO_ORDERS = Orders(0, 0.0, ())
_words = itertools.count(1)


def station(number: int, **changes: object) -> SourceSettings:
    """Return one of the fleet's stations."""
    return replace(SourceSettings(f"s{number:02}", f"http://radio.example/{number}"), **changes)


def stations(count: int, *, first: int = 0) -> tuple[SourceSettings, ...]:
    """Return so many of them."""
    return tuple(station(number) for number in range(first, first + count))


@dataclass(slots=True)
class _Ask:
    report: GroupReport
    sent_at: float
    arrives_at: float


@dataclass(slots=True, eq=False)
class Process:
    """One start of a group, as `streamgenre.fleet.group` lives."""

    fleet: Fleet
    group: str
    machine: str
    pid: int
    version: str = __version__
    paused: bool = False
    alive: bool = True
    named: bool = True
    """Whether Ray knows it by the group's name."""
    deaf: bool = False
    """It hears no answers."""
    late_seconds: float = 0.0
    """What its reports need."""
    heard: bool = True
    incarnation: str = ""
    orders: Orders = NO_ORDERS
    leased_until: float = float("-inf")
    follows: dict[str, int] = field(default_factory=dict)
    """Epoch by station, of those whose sound it receives."""
    closing: dict[str, float] = field(default_factory=dict)
    """When they are closed."""
    handing: dict[str, int] = field(default_factory=dict)
    """Closed, and not handed over to the last event."""
    fenced: set[tuple[str, int]] = field(default_factory=set)
    ask: _Ask | None = None
    asked_at: float = float("-inf")
    over: bool = False

    def __post_init__(self) -> None:
        self.incarnation = f"i{next(_words)}"

    def wanted(self) -> dict[str, int]:
        assignments: Iterable[Assignment] = self.orders.assignments or ()
        named = {one.station.id: one.epoch for one in assignments}
        return {one: epoch for one, epoch in named.items() if (one, epoch) not in self.fenced}

    def turn(self) -> None:
        now = self.fleet.now
        if self.orders.number and now >= self.leased_until:
            self.incarnation, self.orders = f"i{next(_words)}", NO_ORDERS
        self._follow(now)
        if self.over and not self.follows and not self.handing:
            self.fleet.exits(self, "it has ended in order")
            return
        if self.ask and now - self.ask.sent_at >= ASK_SECONDS:
            self.ask = None
        if self.ask is None and not self.over and now - self.asked_at >= BEAT_SECONDS:
            self.asked_at = now
            self.ask = _Ask(self.report(), now, now + self.late_seconds)
            self.fleet.under_way.append((self, self.ask))

    def report(self) -> GroupReport:
        named = self.wanted() | self.handing | self.follows
        told = {one: self._told(one, epoch) for one, epoch in named.items()}
        return GroupReport(
            self.group, self.machine, self.incarnation, self.orders.number, self.pid, self.version, told
        )

    def answered(self, ask: _Ask, orders: Orders) -> None:
        """Hear an answer; none that comes too late, or is not to what it asked last."""
        if self.ask is not ask or self.deaf or self.paused or not self.alive:
            return
        self.ask, leased_until = None, ask.sent_at + orders.lease_seconds
        if ask.report.incarnation != self.incarnation or self.fleet.now >= leased_until:
            return
        self.leased_until = leased_until
        if orders.assignments is not None:
            self.orders = orders
            self.fenced &= {(one.station.id, one.epoch) for one in orders.assignments}
        self.over = self.over or orders.stop

    def _told(self, name: str, epoch: int) -> StationReport:
        heard = self.heard and name in self.follows
        return StationReport(
            epoch, enabled=True, heard=heard, state="online" if heard else "reconnecting", reason=None,
            state_seconds=9.0, load=0.02 if heard else 0.0, codec="mp3float",
        )  # fmt: skip

    def _follow(self, now: float) -> None:
        wanted = {} if self.over else self.wanted()
        for name, epoch in list(self.follows.items()):
            if wanted.get(name) != epoch and name not in self.closing:
                self.closing[name] = now + CLOSING_SECONDS
            if now >= self.closing.get(name, float("inf")):
                del self.closing[name]
                self.handing[name] = self.follows.pop(name)
        for name, epoch in wanted.items():
            if name not in self.follows and name not in self.handing:
                self.follows[name] = epoch
                self.fleet.opens(self, name, epoch)


class MadeUpCluster:
    """Tells what Ray would, and no more."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.there: dict[str, Machine] = {}
        self.cut: set[str] = set()
        self.told: list[Ending] = []
        self.watched: set[str] = set()
        """Groups whose end this supervisor hears of."""
        self.starts: list[tuple[float, str, str]] = []
        self.refuses_to_start: str | None = None

    def machines(self) -> tuple[Machine, ...]:
        return tuple(self.there.values())

    def start_group(self, group: str, machine: str) -> None:
        self.watched.add(group)
        if machine not in self.there or self.refuses_to_start:
            reason = self.refuses_to_start or f"machine {machine} is gone"
            self.told.append(Ending(group, reason, certain=True))
        else:
            self.starts.append((self._fleet.now + STARTING_SECONDS, group, machine))

    def end_group(self, group: str) -> None:
        self.starts = [one for one in self.starts if one[1] != group]
        for process in list(self._fleet.processes):
            if (
                process.group == group
                and process.named
                and process.machine in self.there
                and process.machine not in self.cut
            ):
                self._fleet.exits(process, "it was ended")

    def endings(self) -> list[Ending]:
        told, self.told = self.told, []
        return told


class Fleet:
    """Everything there is."""

    def __init__(self, folder: Path, machines: int = 0, cores: float = 2.0) -> None:
        self.clock = SimulatedClock()
        self.path = folder / "ledger.sqlite"
        self.cluster = MadeUpCluster(self)
        self.processes: list[Process] = []
        self.under_way: list[tuple[Process, _Ask]] = []
        self.arrived: deque[GroupReport] = deque(maxlen=30)
        """The last reports that this supervisor got."""
        self.supervisor: Supervisor | None = None
        self.publisher_there = True
        self.told: list[Loss] = []
        self.deployed: tuple[SourceSettings, ...] = ()
        self.wrong: list[str] = []
        self._seats: dict[str, tuple[int, bool]] = {}
        """As the publisher has them: newest epoch by station, and whether it is void."""
        self._opened: dict[str, tuple[int, Process]] = {}
        self._names = itertools.count()
        for _ in range(machines):
            self.add_machine(cores)
        self.start_supervisor()

    @property
    def now(self) -> float:
        return self.clock.monotonic()

    @property
    def ledger(self) -> Ledger:
        assert self.supervisor is not None
        return self.supervisor._ledger

    # What happens

    def add_machine(self, cores: float = 2.0) -> str:
        machine = f"m{next(self._names)}"
        self.cluster.there[machine] = Machine(machine, cores)
        return machine

    def start_supervisor(self) -> None:
        self.cluster.watched.clear()
        self.cluster.told.clear()
        self.supervisor = Supervisor(Ledger(self.path), self.cluster, self.clock)

    def kill_supervisor(self) -> None:
        self.ledger.close()
        self.supervisor = None
        self.under_way.clear()
        self.arrived.clear()

    def lose_ledger(self) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()

    def deploy(self, wanted: Iterable[SourceSettings]) -> None:
        assert self.supervisor is not None
        self.deployed = tuple(wanted)
        self.supervisor.deploy(Deployment(Settings("made up"), self.deployed))

    def stop(self) -> None:
        assert self.supervisor is not None
        self.deployed = ()
        self.supervisor.stop()

    def kill(self, process: Process) -> None:
        """Its process is killed; its machine tells, where it can."""
        self.exits(process, "killed")

    def exits(self, process: Process, reason: str) -> None:
        if not process.alive:
            return
        process.alive = False
        self.processes.remove(process)
        reachable = process.machine in self.cluster.there and process.machine not in self.cluster.cut
        if self.supervisor and reachable and process.named and process.group in self.cluster.watched:
            self.cluster.watched.discard(process.group)
            self.cluster.told.append(Ending(process.group, reason, certain=True))

    def wake(self, process: Process) -> None:
        """Have a paused process go on; its connections did not wait for it."""
        process.paused = False
        if self.now >= process.leased_until:
            process.handing |= process.follows
            process.follows.clear()
            process.closing.clear()

    def lose_machine(self, machine: str, *, processes_live_on: bool = False) -> None:
        """Ray gives a machine up."""
        self.cluster.there.pop(machine, None)
        self.cluster.starts = [one for one in self.cluster.starts if one[2] != machine]
        for process in [one for one in self.processes if one.machine == machine]:
            self.cluster.watched.discard(process.group)
            self.cluster.told.append(Ending(process.group, f"machine {machine} is gone", certain=False))
            if not processes_live_on:
                process.alive = False
                self.processes.remove(process)

    def begin(self, group: str, machine: str, **how: object) -> Process:
        """Start a process, whoever asked for it."""
        process = Process(self, group, machine, next(_words), **how)
        self.processes.append(process)
        return process

    # What goes on

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_SECONDS)):
            self.step()

    def step(self) -> None:
        self.clock.pass_time(STEP_SECONDS)
        self._start_processes()
        if self.supervisor:
            self.supervisor.tick()
        for process in list(self.processes):
            if not process.paused and process.alive:
                process.turn()
                self._deliver()
        self._publish()
        self._look()

    def until(self, seconds: float, what: str = "served") -> None:
        """Go on until it is so; fail after so long."""
        for _ in range(round(seconds / STEP_SECONDS)):
            if getattr(self, what)():
                return
            self.step()
        assert getattr(self, what)(), f"not {what} after {seconds} s: {self.unserved()}"

    def deliver_late(self, report: GroupReport) -> Orders:
        """Have a report arrive that nobody waits for any more."""
        assert self.supervisor is not None
        return self.supervisor.report(report)

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """The disk takes nothing."""
        ledger = self.ledger
        whole: Any = ledger._connection
        ledger._connection = cast("Any", _Full(whole))
        try:
            yield
        finally:
            ledger._connection = whole

    # What is seen

    def followers(self) -> dict[str, list[Process]]:
        found: dict[str, list[Process]] = {}
        for process in self.processes:
            for name in process.follows if not process.paused else ():
                found.setdefault(name, []).append(process)
        return found

    def unserved(self) -> set[str]:
        return {one.id for one in self.deployed} - {
            name
            for process in self.processes
            for name in process.follows
            if name not in process.closing and not process.paused and process.machine not in self.cluster.cut
        }

    def served(self) -> bool:
        return not self.unserved()

    def settled(self) -> bool:
        """Nothing is left of what has been."""
        assert self.supervisor is not None
        picture = self.supervisor.picture()
        alive = Counter((one.group, one.incarnation) for one in self.processes)
        return (
            self.served()
            and self.followers().keys() == {one.id for one in self.deployed}
            and {one.id for one in picture.stations} == {one.id for one in self.deployed}
            and picture.grants.keys() == {one.id for one in self.deployed}
            and {(one.id, one.incarnation) for one in picture.groups if not one.leaving} <= alive.keys()
            and all(state == "serving" for state in (one.state(self.now) for one in picture.groups))
            and not self.supervisor.losses()
        )

    def ended(self) -> bool:
        assert self.supervisor is not None
        return self.supervisor.stopped and not self.processes

    def group_of(self, name: str) -> Process:
        return next(process for process in self.processes if name in process.follows)

    def opens(self, process: Process, name: str, epoch: int) -> None:
        before, by = self._opened.get(name, (0, process))
        if epoch < before or (epoch == before and by is not process):
            self.wrong.append(f"{name}: opened under {epoch}, and before under {before}")
        self._opened[name] = epoch, process

    def epoch(self, name: str) -> int:
        """Return the last one that was opened."""
        return self._opened[name][0]

    def _start_processes(self) -> None:
        due = [one for one in self.cluster.starts if one[0] <= self.now]
        self.cluster.starts = [one for one in self.cluster.starts if one[0] > self.now]
        for _, group, machine in due:
            if machine not in self.cluster.cut and not any(
                one.group == group and one.named for one in self.processes
            ):
                self.begin(group, machine)

    def _deliver(self) -> None:
        waiting, self.under_way = self.under_way, []
        for process, ask in waiting:
            if ask.arrives_at > self.now:
                self.under_way.append((process, ask))
            elif self.supervisor and process.machine not in self.cluster.cut:
                if any(one.group == process.group and one.named for one in self.processes):
                    self.cluster.watched.add(process.group)
                self.arrived.append(ask.report)
                process.answered(ask, self.supervisor.report(ask.report))

    def _publish(self) -> None:
        if not self.publisher_there:
            return
        for process in self.processes:
            if not process.paused and process.machine not in self.cluster.cut:
                for name, epoch in {**process.handing, **process.follows}.items():
                    self._hear(process, name, epoch)
                process.handing.clear()
        if self.supervisor:
            losses = self.supervisor.losses()
            for loss in losses:
                self.told.append(loss)
                if loss.epoch >= self._seats.get(loss.station, (0, False))[0]:
                    self._seats[loss.station] = loss.epoch, True
            self.supervisor.settled(losses)

    def _hear(self, process: Process, name: str, epoch: int) -> None:
        seat, void = self._seats.get(name, (0, False))
        if epoch < seat or (epoch == seat and void):
            process.fenced.add((name, epoch))
        else:
            self._seats[name] = epoch, False

    def _look(self) -> None:
        for name, found in self.followers().items():
            if len(found) > 1:
                told = [(one.group, one.pid, one.follows[name]) for one in found]
                self.wrong.append(f"at {self.now:.2f} s: {name} is followed by {told}")


class _Full:
    """A connection to a file that can be read and not written."""

    def __init__(self, whole: sqlite3.Connection) -> None:
        self._whole = whole
        self.close = whole.close

    def execute(self, words: str) -> sqlite3.Cursor:
        if words.startswith("BEGIN"):
            raise sqlite3.OperationalError("database or disk is full")
        return self._whole.execute(words)


@contextmanager
def made_up_fleet(machines: int = 2, count: int = 6) -> Iterator[Fleet]:
    """A fleet that serves its stations; nothing must be wrong with it in the end."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        fleet = Fleet(Path(folder), machines)
        fleet.deploy(stations(count))
        fleet.until(20.0)
        yield fleet
        assert fleet.wrong == []
