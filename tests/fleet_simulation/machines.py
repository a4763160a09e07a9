"""Simulated machines, as the supervisor sees them by way of Ray: late, and only what Ray can know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamgenre.fleet.doors import Ending, Machine

if TYPE_CHECKING:
    from tests.fleet_simulation.group import SimulatedGroup


@dataclass(slots=True)
class SimulatedMachine:
    """What is true of it."""

    id: str
    cores: float
    slowness: float
    """Of its processor: what a station takes of it, against the machine that was measured."""
    powered: bool = True
    connected: bool = True
    taken_cores: float = 0.0
    """By another program."""
    groups: dict[str, SimulatedGroup] = field(default_factory=dict[str, "SimulatedGroup"])

    @property
    def reachable(self) -> bool:
        return self.powered and self.connected

    def busy(self) -> float:
        """What its groups ask for, of what there is for them: above 1.0 they are late."""
        asked = sum(group.demand() for group in self.groups.values())
        return asked / max(0.05, self.cores - self.taken_cores)


class SimulatedCluster:
    """The machines that Ray believes in, and the endings it has told."""

    def __init__(self) -> None:
        self.known: dict[str, SimulatedMachine] = {}
        """Machines that Ray believes to be there."""
        self.asked: list[tuple[str, str]] = []
        """Group and machine of the processes that are to be started."""
        self._seen: tuple[Machine, ...] = ()
        self._endings: list[Ending] = []

    def machines(self) -> tuple[Machine, ...]:
        return self._seen

    def start_group(self, group: str, machine: str) -> None:
        if machine in self.known:
            self.asked.append((group, machine))
        else:
            self._endings.append(Ending(group, f"machine {machine} is gone", certain=True))

    def end_group(self, group: str) -> None:
        """Nothing that cannot be reached can be ended."""
        for machine in self.known.values():
            if group in machine.groups and machine.reachable:
                machine.groups[group].kill("was ended")
                self.tell(Ending(group, "was ended", certain=True))

    def endings(self) -> list[Ending]:
        told, self._endings = self._endings, []
        return told

    def tell(self, ending: Ending) -> None:
        self._endings.append(ending)

    def joins(self, machine: SimulatedMachine) -> None:
        self.known[machine.id] = machine
        self._refresh()

    def gives_up(self, machine: SimulatedMachine) -> None:
        """Ray has heard nothing of it for long; of its processes it knows nothing for certain."""
        if self.known.pop(machine.id, None) is not None:
            self._refresh()
            for group in machine.groups:
                self.tell(Ending(group, f"machine {machine.id} is gone", certain=False))

    def _refresh(self) -> None:
        self._seen = tuple(Machine(one.id, one.cores) for one in self.known.values())
