"""What goes wrong, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from streamgenre.fleet.doors import Ending
from tests.fleet_simulation import plan as assumed
from tests.fleet_simulation.machines import SimulatedMachine
from tests.fleet_simulation.world import World

Picked = TypeVar("Picked")
CUT_SECONDS = 3.0, 40.0
NOISE_SECONDS = 300.0, 600.0
NOISE_SHARE = 0.5, 0.9


class Faults:
    """Puts the plan's faults on the agenda; each kind comes at random times."""

    def __init__(self, world: World) -> None:
        self._world = world
        plan = world.plan
        for what, an_hour in (
            (self.die, plan.deaths_an_hour),
            (self.cut, plan.cuts_an_hour),
            (self.crash, plan.crashes_an_hour),
            (self.restart, plan.restarts_an_hour),
            (self.noise, plan.noises_an_hour),
            (self.join, plan.joins_an_hour),
        ):
            self._schedule(what, an_hour)

    def die(self) -> None:
        """A machine loses power, for long."""
        if (machine := self._sound_machine()) is None:
            return
        self._count("machines died")
        machine.powered = False
        for group in list(machine.groups.values()):
            group.kill("machine died")
        after = self._world.agenda.after
        after(assumed.RAY_NOTICES_SECONDS, lambda: self._world.cluster.gives_up(machine))
        after(assumed.REPAIR_SECONDS, self._world.add_machine)

    def cut(self) -> None:
        """A machine loses the network; one that Ray has given up by then begins anew when it is back."""
        if (machine := self._sound_machine()) is None:
            return
        self._count("machines cut off")
        machine.connected = False
        seconds = self._world.rng.uniform(*CUT_SECONDS)
        stations = [station for group in machine.groups.values() for station in group.stations]
        self._world.witness.loses(stations, "machine cut off") if seconds > 8.0 else None
        after = self._world.agenda.after
        if seconds > assumed.RAY_NOTICES_SECONDS:
            after(assumed.RAY_NOTICES_SECONDS, lambda: self._world.cluster.gives_up(machine))
        after(seconds, lambda: self._heal(machine))

    def _heal(self, machine: SimulatedMachine) -> None:
        machine.connected = True
        if machine.id not in self._world.cluster.known:
            for group in list(machine.groups.values()):
                group.kill("machine begins anew")
            self._world.agenda.after(10.0, self._world.add_machine)

    def crash(self) -> None:
        """A group's process is killed."""
        machine = self._sound_machine()
        if machine is None or not machine.groups:
            return
        self._count("processes killed")
        group = self._pick(sorted(machine.groups.values(), key=lambda one: one.id))
        group.kill("process killed")
        ending = Ending(group.id, "killed", certain=True)
        self._world.agenda.after(assumed.RAY_TELLS_SECONDS, lambda: self._world.cluster.tell(ending))

    def restart(self) -> None:
        """The supervisor's process is killed, and started anew by Ray."""
        if self._world.supervisor is None:
            return
        self._count("supervisor killed")
        self._world.stop_supervisor()
        self._world.agenda.after(self._world.supervisor_start_seconds(), self._world.start_supervisor)

    def noise(self) -> None:
        """Another program takes much of a machine for a while."""
        if (machine := self._sound_machine()) is None:
            return
        self._count("machines made slow")
        machine.taken_cores = self._world.rng.uniform(*NOISE_SHARE) * machine.cores
        self._world.agenda.after(self._world.rng.uniform(*NOISE_SECONDS), lambda: _calm(machine))

    def join(self) -> None:
        self._count("machines joined")
        self._world.add_machine()

    def _schedule(self, what: Callable[[], None], an_hour: float) -> None:
        plan, rng = self._world.plan, self._world.rng
        if plan.seconds <= plan.quiet_seconds:
            return
        # The last minutes are left to recover in, so that every interruption is seen to its end.
        span = max(0.0, plan.seconds - 2 * plan.quiet_seconds)
        for at in rng.uniform(plan.quiet_seconds, plan.quiet_seconds + span, round(an_hour * plan.hours)):
            self._world.agenda.after(float(at), what)

    def _sound_machine(self) -> SimulatedMachine | None:
        known = [one for one in self._world.cluster.known.values() if one.reachable and not one.taken_cores]
        return self._pick(known) if known else None

    def _pick(self, choices: list[Picked]) -> Picked:
        return choices[int(self._world.rng.integers(len(choices)))]

    def _count(self, what: str) -> None:
        self._world.witness.counts[what] += 1


def _calm(machine: SimulatedMachine) -> None:
    machine.taken_cores = 0.0
