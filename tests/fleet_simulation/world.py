"""The simulated fleet: the real supervisor with its real ledger, amid machines that are made up."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from streamgenre.fleet.crossing import GroupReport, Orders
from streamgenre.fleet.doors import Ending, UnreachableError
from streamgenre.fleet.ledger import Deployment, Ledger
from streamgenre.fleet.supervisor import Supervisor
from streamgenre.settings import Settings
from tests.fleet_simulation import plan as assumed
from tests.fleet_simulation.agenda import Agenda
from tests.fleet_simulation.costs import stations, true_costs
from tests.fleet_simulation.group import SimulatedGroup
from tests.fleet_simulation.machines import SimulatedCluster, SimulatedMachine
from tests.fleet_simulation.plan import Plan
from tests.fleet_simulation.witness import Witness

LOOK_SECONDS = 1.0


class World:
    """Everything there is; the faults come from elsewhere."""

    def __init__(self, plan: Plan, ledger: Path) -> None:
        self.plan = plan
        self.rng = np.random.default_rng(plan.seed)
        self.agenda = Agenda()
        self.cluster = SimulatedCluster()
        self.fleet = stations(plan.stations, self.rng)
        self.costs = true_costs(self.fleet, self.rng)
        self.witness = Witness(lambda: self.agenda.now, frozenset(one.id for one in self.fleet))
        self.machines: list[SimulatedMachine] = []
        self.ticks: list[tuple[float, float]] = []
        """CPU seconds of each tick that placed, and of its placement alone."""
        self.report_seconds = 0.0
        """CPU seconds the supervisor took for reports."""
        self.supervisor: Supervisor | None = None
        self._ledger = ledger
        for _ in range(plan.machines):
            self.add_machine()
        self.start_supervisor()
        assert self.supervisor is not None
        self.supervisor.deploy(Deployment(Settings("simulated"), self.fleet))
        self.agenda.after(LOOK_SECONDS, self._look)

    def add_machine(self) -> SimulatedMachine:
        """One more joins."""
        slowness = float(np.exp(self.rng.normal(0.0, assumed.MACHINE_SPREAD)))
        machine = SimulatedMachine(f"machine{len(self.machines):03}", self.plan.cores, slowness)
        self.machines.append(machine)
        self.cluster.joins(machine)
        return machine

    def start_supervisor(self) -> None:
        """It reads its ledger, and ticks."""
        self.supervisor = supervisor = Supervisor(Ledger(self._ledger), self.cluster, self.agenda.clock)
        self.agenda.after(assumed.TICK_SECONDS, lambda: self._tick(supervisor))

    def stop_supervisor(self) -> None:
        """Its process is killed."""
        assert self.supervisor is not None
        self.supervisor._ledger.close()
        self.supervisor = None

    def report(self, report: GroupReport, machine: SimulatedMachine) -> Orders:
        """Carry a group's words to the supervisor. Raises UnreachableError."""
        if self.supervisor is None or not machine.reachable:
            raise UnreachableError("nobody answers")
        began = time.thread_time()
        orders = self.supervisor.report(report)
        self.report_seconds += time.thread_time() - began
        return orders

    def ended(self, group: SimulatedGroup) -> None:
        """A process has ended on a machine that lives, and Ray will tell."""
        ending = Ending(group.id, "its process has ended", certain=True)
        if group.machine.reachable:
            self.agenda.after(assumed.RAY_TELLS_SECONDS, lambda: self.cluster.tell(ending))

    def opening_seconds(self) -> float:
        seconds = self._drawn(assumed.OPENING_SECONDS, assumed.OPENING_SPREAD)
        return seconds + assumed.SLOW_OPENING_SECONDS * (self.rng.random() < assumed.SLOW_OPENING)

    def answer_seconds(self) -> float:
        if self.rng.random() < assumed.SLOW_ANSWER:
            return float(self.rng.uniform(0.0, assumed.SLOW_ANSWER_SECONDS))
        return self._drawn(assumed.ANSWER_SECONDS, assumed.ANSWER_SPREAD)

    def supervisor_start_seconds(self) -> float:
        return self._drawn(assumed.SUPERVISOR_START_SECONDS, assumed.SUPERVISOR_START_SPREAD)

    def run(self, tell: Callable[[World], None]) -> None:
        """Let it live; `tell` is called once a simulated minute."""
        log = logging.getLogger("streamgenre.fleet")
        before = log.level
        log.setLevel(logging.CRITICAL)
        for minute in range(1, math.ceil(self.plan.seconds / 60) + 1):
            self.agenda.run(min(60.0 * minute, self.plan.seconds))
            tell(self)
        log.setLevel(before)

    def _drawn(self, median: float, spread: float) -> float:
        return float(median * np.exp(self.rng.normal(0.0, spread)))

    def _tick(self, supervisor: Supervisor) -> None:
        if supervisor is not self.supervisor:
            return
        began = time.thread_time()
        supervisor.tick()
        self.ticks.append((time.thread_time() - began, supervisor.placement_seconds))
        asked, self.cluster.asked = self.cluster.asked, []
        for group, machine in asked:
            self._start_process(group, machine)
        self.agenda.after(assumed.TICK_SECONDS, lambda: self._tick(supervisor))

    def _start_process(self, group: str, name: str) -> None:
        machine = self.cluster.known.get(name)
        seconds = self._drawn(assumed.PROCESS_START_SECONDS, assumed.PROCESS_START_SPREAD)
        if machine is not None:
            self.agenda.after(seconds, lambda: self._begin(group, machine))

    def _begin(self, group: str, machine: SimulatedMachine) -> None:
        if machine.reachable and group not in machine.groups:
            machine.groups[group] = begun = SimulatedGroup(self, group, machine)
            begun.beat()

    def _look(self) -> None:
        self.witness.look()
        self.agenda.after(LOOK_SECONDS, self._look)
