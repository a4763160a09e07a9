"""Whatever happens, in whatever order: one group a station, rising epochs, and all served in the end."""

from __future__ import annotations

import logging
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from streamgenre.fleet.supervisor import SETTLE_SECONDS
from tests.support.made_up_fleet import Fleet, Process, station

SERVED_SECONDS = 75.0
"""A group that was killed again and again is started again after a minute at most."""
SETTLED_SECONDS = 150.0
MOST_MACHINES = 4

picks = st.integers(0, 9)
lists = st.dictionaries(st.integers(0, 9), st.sampled_from(["", "renamed"]), max_size=8)


class FleetMachine(RuleBasedStateMachine):
    """Each rule is something that may befall a fleet."""

    @initialize(machines=st.integers(0, 3), wanted=lists)
    def begin(self, machines: int, wanted: dict[int, str]) -> None:
        logging.getLogger("streamgenre.fleet").setLevel(logging.CRITICAL)  # it would be all that is seen
        self.folder = Path(tempfile.mkdtemp(prefix="fleet-"))
        self.fleet = Fleet(self.folder, machines)
        self.disk: ExitStack | None = None
        self.told: dict[str, int] = {}
        self.clock_seconds = 0.0
        self.least_clock_seconds = float("-inf")
        self.deploy(wanted)
        self.fleet.pass_time(10.0)

    def process(self, pick: int) -> Process | None:
        processes = self.fleet.processes
        return processes[pick % len(processes)] if processes else None

    def machine(self, pick: int) -> str | None:
        machines = sorted(self.fleet.cluster.there)
        return machines[pick % len(machines)] if machines else None

    def runs(self) -> bool:
        return self.fleet.supervisor is not None

    # Lists

    @precondition(runs)
    @rule(wanted=lists)
    def deploy(self, wanted: dict[int, str]) -> None:
        self.mend_disk()  # it would be forgotten with the next end of the supervisor
        self.fleet.deploy(station(number, name=name) for number, name in wanted.items())
        self.stopped = False

    @precondition(runs)
    @rule()
    def stop(self) -> None:
        self.mend_disk()
        self.fleet.stop()
        self.stopped = True

    # Groups

    @rule(pick=picks, told=st.booleans())
    def kill(self, pick: int, told: bool) -> None:
        if process := self.process(pick):
            if not told:
                self.fleet.cluster.watched.discard(process.group)
            self.fleet.kill(process)

    @rule(pick=picks)
    def deafen(self, pick: int) -> None:
        if process := self.process(pick):
            process.deaf = not process.deaf

    @rule(pick=picks, seconds=st.sampled_from([0.0, 0.5, 1.25, 4.0]))
    def slow_down(self, pick: int, seconds: float) -> None:
        if process := self.process(pick):
            process.late_seconds = seconds

    @rule(pick=picks)
    def pause_or_wake(self, pick: int) -> None:
        if process := self.process(pick):
            self.fleet.wake(process) if process.paused else setattr(process, "paused", True)

    @rule(pick=picks)
    def begin_a_second_process(self, pick: int) -> None:
        if process := self.process(pick):
            second = self.fleet.begin(process.group, process.machine, named=False)
            self.fleet.pass_time(2.0)
            self.fleet.kill(second)

    @precondition(lambda self: self.runs() and self.fleet.arrived)
    @rule(pick=picks)
    def report_again(self, pick: int) -> None:
        arrived = self.fleet.arrived
        self.fleet.deliver_late(arrived[pick * len(arrived) // 10])

    @rule()
    def refuse_to_start(self) -> None:
        self.fleet.cluster.refuses_to_start = None if self.fleet.cluster.refuses_to_start else "no room"

    # Machines

    @precondition(lambda self: len(self.fleet.cluster.there) < MOST_MACHINES)
    @rule(cores=st.sampled_from([1.0, 2.0, 4.0]))
    def join(self, cores: float) -> None:
        self.fleet.add_machine(cores)

    @rule(pick=picks, lives_on=st.booleans())
    def lose(self, pick: int, lives_on: bool) -> None:
        if machine := self.machine(pick):
            self.fleet.lose_machine(machine, processes_live_on=lives_on)

    @rule(pick=picks)
    def cut_or_heal(self, pick: int) -> None:
        if machine := self.machine(pick):
            self.fleet.cluster.cut ^= {machine}

    # The supervisor, its disk, its clock, and the publisher

    @precondition(runs)
    @rule()
    def kill_supervisor(self) -> None:
        self.mend_disk()
        self.fleet.kill_supervisor()

    @precondition(lambda self: not self.runs())
    @rule()
    def start_supervisor(self) -> None:
        self.fleet.start_supervisor()

    @precondition(runs)
    @rule()
    def lose_ledger(self) -> None:
        """All groups are within reach, and the clock is right: else nobody could know what was given."""
        self.heal()
        self.set_clock(-min(0.0, self.clock_seconds))
        self.least_clock_seconds = self.clock_seconds
        self.fleet.pass_time(10.0)
        self.fleet.kill_supervisor()
        self.fleet.lose_ledger()
        self.fleet.start_supervisor()
        self.fleet.pass_time(SETTLE_SECONDS + 0.5)
        if self.stopped:
            self.fleet.stop()
        else:
            self.fleet.deploy(self.fleet.deployed)
        self.fleet.pass_time(1.0)

    @precondition(runs)
    @rule()
    def break_or_mend_disk(self) -> None:
        if self.disk:
            self.mend_disk()
        else:
            self.disk = ExitStack()
            self.disk.enter_context(self.fleet.unwritable())

    @rule(seconds=st.sampled_from([-3600.0, -5.0, 5.0, 3600.0]))
    def set_clock(self, seconds: float) -> None:
        seconds = max(seconds, self.least_clock_seconds - self.clock_seconds)
        self.clock_seconds += seconds
        self.fleet.clock.set_wall(seconds)

    @rule()
    def publisher_goes_or_comes(self) -> None:
        self.fleet.publisher_there = not self.fleet.publisher_there

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 3.0, 9.0, 20.0]))
    def pass_time(self, seconds: float) -> None:
        self.fleet.pass_time(seconds)

    # What must hold

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert not self.fleet.wrong, self.fleet.wrong

    @invariant()
    def losses_are_told_until_they_are_settled(self) -> None:
        if self.fleet.supervisor and not self.disk:
            open_now = {loss.station: loss.epoch for loss in self.fleet.supervisor.losses()}
            untold = {
                name: epoch
                for name, epoch in self.told.items()
                if open_now.get(name, 0) < epoch and not self.is_settled(name, epoch)
            }
            assert untold == {}
            self.told = open_now

    def is_settled(self, name: str, epoch: int) -> bool:
        return any(loss.station == name and loss.epoch >= epoch for loss in self.fleet.told)

    def mend_disk(self) -> None:
        if self.disk:
            self.disk.close()
            self.disk = None

    def heal(self) -> None:
        self.mend_disk()
        fleet = self.fleet
        fleet.publisher_there, fleet.cluster.refuses_to_start = True, None
        fleet.cluster.cut.clear()
        for process in fleet.processes:
            process.deaf, process.late_seconds = False, 0.0
            if process.paused:
                fleet.wake(process)

    def teardown(self) -> None:
        if not hasattr(self, "stopped"):
            return
        if not self.runs():
            self.fleet.start_supervisor()
        self.heal()
        if not self.fleet.cluster.there:
            self.fleet.add_machine()
        if self.stopped:
            self.fleet.until(40.0, "ended")
        else:
            self.fleet.until(SERVED_SECONDS)
            self.fleet.until(SETTLED_SECONDS, "settled")
        self.nothing_is_wrong()
        logging.getLogger("streamgenre.fleet").setLevel(logging.NOTSET)
        self.fleet.kill_supervisor()
        shutil.rmtree(self.folder)


TestFleetMachine = FleetMachine.TestCase
TestFleetMachine.settings = settings(
    max_examples=max(1, settings.default.max_examples // 5),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
