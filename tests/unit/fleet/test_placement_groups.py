"""How many groups a machine has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.fleet.placement.groups_wanted import groups_wanted
from streamgenre.fleet.placement.rooms import MachineRoom

MACHINES = st.lists(st.tuples(st.floats(0.5, 64.0), st.integers(0, 70)), min_size=1, max_size=12).map(
    lambda made: [MachineRoom(f"m{number}", cores, groups) for number, (cores, groups) in enumerate(made)]
)


def follow(machines: list[MachineRoom], wanted: dict[str, int]) -> list[MachineRoom]:
    return [MachineRoom(machine.id, machine.cores, wanted[machine.id]) for machine in machines]


def fleet(*cores: float) -> list[MachineRoom]:
    return [MachineRoom(f"m{number}", one) for number, one in enumerate(cores)]


@given(MACHINES, st.floats(0.0, 200.0), st.integers(0, 1000))
def test_bounds_hold_and_a_second_look_changes_nothing(machines, cost, stations):
    wanted = groups_wanted(machines, cost, stations)
    assert wanted.keys() == {machine.id for machine in machines}
    for machine in machines:
        assert 0 <= wanted[machine.id] <= max(1, int(machine.cores))
        assert stations < len(machines) or wanted[machine.id] >= 1
    assert sum(wanted.values()) <= stations
    assert sum(count > 0 for count in wanted.values()) == min(stations, len(machines))
    assert groups_wanted(follow(machines, wanted), cost, stations) == wanted


@given(MACHINES, st.floats(1.0, 30.0), st.lists(st.floats(0.9, 1.1), min_size=2, max_size=30))
def test_a_load_that_wavers_starts_and_ends_no_group_in_turn(machines, cost, wavering):
    machines = follow(machines, groups_wanted(machines, cost, 1000))
    counts = []
    for factor in wavering:
        wanted = groups_wanted(machines, cost * factor, 1000)
        counts.append(sum(wanted.values()))
        machines = follow(machines, wanted)
    assert counts in (sorted(counts), sorted(counts, reverse=True))


def test_one_each_while_the_load_is_small():
    assert groups_wanted(fleet(4, 4, 4), 0.5, 60) == {"m0": 1, "m1": 1, "m2": 1}


def test_more_come_where_there_are_cores():
    assert groups_wanted(fleet(16, 4), 6.5, 500) == {"m0": 8, "m1": 2}


def test_no_more_than_cores_however_much_is_asked():
    assert groups_wanted(fleet(2.9, 0.5), 50.0, 5000) == {"m0": 2, "m1": 1}


@pytest.mark.parametrize(
    ("groups", "wanted"), [((0, 0, 1), (1, 0, 1)), ((1, 0, 1), (1, 0, 1)), ((0, 0, 0), (1, 1, 0))]
)
def test_with_fewer_stations_than_machines_those_that_have_a_group_keep_it(groups, wanted):
    machines = [MachineRoom(f"m{n}", 4.0, count) for n, count in enumerate(groups)]
    assert tuple(groups_wanted(machines, 0.03, 2).values()) == wanted


def test_no_station_no_group():
    assert groups_wanted([MachineRoom("m0", 4.0, 3)], 0.0, 0) == {"m0": 0}


def test_a_machine_that_joins_takes_groups_over_from_a_full_one():
    machines = [MachineRoom("old", 8.0, 8), MachineRoom("new", 8.0, 0)]
    wanted = groups_wanted(machines, 5.0, 400)
    assert wanted["new"] >= 3
    assert 8 <= sum(wanted.values()) <= 12


def test_a_group_is_spared_when_much_load_has_gone():
    assert groups_wanted([MachineRoom("m0", 8.0, 8)], 2.0, 200) == {"m0": 5}
