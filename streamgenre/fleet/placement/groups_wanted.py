"""How many groups a machine is to have.

Each machine has one, further ones come as the load asks. Between the load that asks for one more and the load
that spares one lies a wide band in which all stays as it is; and a group goes to another machine only where
that gives each of its groups clearly more cores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streamgenre.fleet.placement.rooms import MachineRoom


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """When a group is started or ended."""

    full_cores: float = 0.7
    """Load a group above which there is to be another."""
    sparing_cores: float = 0.45
    """Load a group up to which fewer do."""
    shift_ratio: float = 1.4
    """How many times the cores a group must find elsewhere to be ended here and started there."""


def groups_wanted(
    machines: Sequence[MachineRoom], total_cost: float, stations: int, settings: GroupSettings | None = None
) -> dict[str, int]:
    """Return the count of groups by machine; 0 only where there are fewer stations than machines."""
    settings = settings or GroupSettings()
    by_id = {machine.id: machine for machine in machines}
    least = _least(machines, stations)
    counts = {machine.id: max(least[machine.id], min(machine.groups, _most(machine))) for machine in machines}
    wanted = _wanted_in_all(sum(counts.values()), total_cost, settings)
    _add(by_id, counts, min(wanted, stations))
    _end(by_id, counts, least, min(wanted, stations))
    _shift(by_id, counts, least, settings.shift_ratio)
    return counts


def _most(machine: MachineRoom) -> int:
    return max(1, math.floor(machine.cores))


def _least(machines: Sequence[MachineRoom], stations: int) -> dict[str, int]:
    """One each; with fewer stations than machines, those that have a group already, then the largest."""
    ordered = sorted(machines, key=lambda machine: (machine.groups == 0, -machine.cores, machine.id))
    return {machine.id: int(place < stations) for place, machine in enumerate(ordered)}


def _wanted_in_all(count: int, total_cost: float, settings: GroupSettings) -> int:
    at_least = math.ceil(total_cost / settings.full_cores)
    at_most = max(at_least, math.ceil(total_cost / settings.sparing_cores))
    return min(max(count, at_least), at_most)


def _add(machines: Mapping[str, MachineRoom], counts: dict[str, int], wanted: int) -> None:
    for _ in range(wanted - sum(counts.values())):
        roomy = [name for name in counts if counts[name] < _most(machines[name])]
        if not roomy:
            return
        counts[_best(machines, counts, roomy)] += 1


def _end(
    machines: Mapping[str, MachineRoom], counts: dict[str, int], least: Mapping[str, int], wanted: int
) -> None:
    for _ in range(sum(counts.values()) - wanted):
        spare = [name for name in counts if counts[name] > least[name]]
        if not spare:
            return
        counts[_tightest(machines, counts, spare)] -= 1


def _shift(
    machines: Mapping[str, MachineRoom], counts: dict[str, int], least: Mapping[str, int], ratio: float
) -> None:
    """End here and start there; each time the tightest become fewer, so this ends."""
    while True:
        roomy = [name for name in counts if 0 < counts[name] < _most(machines[name])]
        spare = [name for name in counts if counts[name] > least[name]]
        if not roomy or not spare:
            return
        there, here = _best(machines, counts, roomy), _tightest(machines, counts, spare)
        found = machines[there].cores / (counts[there] + 1)
        if found <= ratio * machines[here].cores / counts[here]:
            return
        counts[there] += 1
        counts[here] -= 1


def _best(machines: Mapping[str, MachineRoom], counts: Mapping[str, int], names: Sequence[str]) -> str:
    """Where one more group finds the most cores."""
    return min(names, key=lambda name: (-machines[name].cores / (counts[name] + 1), name))


def _tightest(machines: Mapping[str, MachineRoom], counts: Mapping[str, int], names: Sequence[str]) -> str:
    """Where a group has the fewest cores."""
    return min(names, key=lambda name: (machines[name].cores / counts[name], name))
