"""Which group follows which station, and what is moved."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.fleet.placement.loads import LATE_SECONDS, Loads
from streamgenre.fleet.placement.moves import MoveSettings, moves
from streamgenre.fleet.placement.placing import most_at_once, place
from streamgenre.fleet.placement.rooms import GroupRoom, Move

GROUPS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.0, 1.0]), st.sampled_from([0.0, 0.0, 0.0, 3.0])),
    min_size=1,
    max_size=8,
).map(lambda made: [GroupRoom(f"g{n}", f"m{n // 2}", *one) for n, one in enumerate(made)])
COSTS = st.lists(st.floats(0.001, 0.3) | st.just(0.0), max_size=40).map(
    lambda made: {f"s{number:02}": cost for number, cost in enumerate(made)}
)


def rooms(*capacities: float, lag_seconds: float = 0.0) -> list[GroupRoom]:
    return [GroupRoom(f"g{n}", f"m{n}", capacity, lag_seconds) for n, capacity in enumerate(capacities)]


def alike(count: int, cost: float = 0.02) -> dict[str, float]:
    return {f"s{number:03}": cost for number in range(count)}


def after(held: dict[str, str], made: tuple[Move, ...]) -> dict[str, str]:
    return held | {move.station: move.target for move in made}


def settle(groups: list[GroupRoom], stations: dict[str, float], held: dict[str, str]) -> tuple[dict, int]:
    """Move until nothing is moved any more; return who holds what, and how many moves it took."""
    count = 0
    for _ in range(2000):
        made = moves(groups, stations, held)
        if not made:
            return held, count
        assert len(made) <= MoveSettings().most(len(stations))
        assert len({move.station for move in made}) == len(made)
        held, count = after(held, made), count + len(made)
    raise AssertionError("the moves do not end")


@settings(max_examples=60)
@given(GROUPS, COSTS, st.data())
def test_placing_is_total_and_gives_nothing_to_who_is_not_there_or_leaves(groups, stations, data):
    names = [group.id for group in groups] + ["gone"]
    holders = data.draw(st.dictionaries(st.sampled_from(sorted(stations) or ["s"]), st.sampled_from(names)))
    found = place(groups, stations, holders)
    there = {group.id for group in groups}
    staying = {group.id for group in groups if group.capacity_cores > 0.0}
    waiting = {station for station in stations if holders.get(station) not in there}
    assert found.groups.keys() == (waiting if staying else set())
    assert set(found.groups.values()) <= staying
    punctual = {group.id for group in groups if group.id in staying and group.lag_seconds < LATE_SECONDS}
    assert not punctual or set(found.groups.values()) <= punctual
    assert found == place(list(reversed(groups)), dict(reversed(stations.items())), holders)


@settings(max_examples=50)
@given(GROUPS, COSTS)
def test_what_comes_at_once_is_spread(groups, stations):
    found = place(groups, stations, {})
    if found.groups:
        takers = len(Loads(groups, stations, {}).takers())
        assert max(Counter(found.groups.values()).values()) <= most_at_once(len(stations), takers)


def test_loads_end_up_even():
    found = place(rooms(1.0, 1.0, 0.5), alike(50), {})
    assert Counter(found.groups.values()) == {"g0": 20, "g1": 20, "g2": 10}
    assert found.overfull == ()


def test_stations_of_a_lost_machine_are_spread_though_one_group_is_empty():
    groups = rooms(*[1.0] * 50)
    held = {f"old{n}": f"g{n % 49}" for n in range(49 * 20)}
    stations = alike(100) | dict.fromkeys(held, 0.02)
    found = place(groups, stations, held)
    assert max(Counter(found.groups.values()).values()) == 8
    assert Counter(found.groups.values())["g49"] == 8


def test_too_much_is_placed_all_the_same_and_told():
    found = place(rooms(1.0, 1.0), alike(200), {})
    assert len(found.groups) == 200
    assert found.overfull == ("g0", "g1")


def test_a_fleet_that_begins_keeps_the_share_of_groups_that_come_for_them():
    coming = [GroupRoom("later", "m9", 1.0), GroupRoom("latest", "m9", 1.0)]
    stations = alike(60)
    first = place([*rooms(1.0), GroupRoom("later", "m9", 0.0)], stations, {}, coming=coming)
    assert Counter(first.groups.values()) == {"g0": 20}
    second = place([*rooms(1.0), coming[0]], stations, first.groups, coming=coming[1:])
    assert Counter(second.groups.values()) == {"later": 20}
    held = first.groups | second.groups
    assert place([*rooms(1.0), coming[0]], stations, held, coming=coming[1:]).groups == {}
    in_vain = place([*rooms(1.0), coming[0]], stations, held)
    assert Counter(in_vain.groups.values()) == {"g0": 10, "later": 10}


def test_stations_of_a_lost_group_do_not_wait_for_one_that_comes():
    stations = alike(60)
    held = {station: f"g{n % 2}" for n, station in enumerate(sorted(stations)) if n >= 6}
    found = place(rooms(1.0, 1.0), stations, held, coming=[GroupRoom("later", "m9", 1.0)])
    assert Counter(found.groups.values()) == {"g0": 3, "g1": 3}


def test_late_groups_are_given_something_only_when_all_are_late():
    late = [GroupRoom("late", "m", 1.0, 5.0)]
    assert set(place([*rooms(1.0), *late], alike(30), {}).groups.values()) == {"g0"}
    assert set(place(late, alike(30), {}).groups.values()) == {"late"}


@settings(max_examples=60)
@given(GROUPS, COSTS, st.data())
def test_moves_name_what_is_held_and_take_it_where_it_may_stay(groups, stations, data):
    names = [group.id for group in groups] + ["gone"]
    held = {station: data.draw(st.sampled_from(names)) for station in stations}
    resting = set(data.draw(st.lists(st.sampled_from(sorted(stations) or ["s"]))))
    room = {group.id: group for group in groups}
    for move in moves(groups, stations, held, resting=resting):
        assert held[move.station] == move.source != move.target
        assert room[move.target].capacity_cores > 0.0
        leaves = room[move.source].capacity_cores == 0.0
        assert leaves or (move.station not in resting and room[move.target].lag_seconds < LATE_SECONDS)


@settings(max_examples=60)
@given(GROUPS, COSTS, st.data())
def test_with_constant_costs_moves_end_and_what_is_left_is_within_the_threshold_or_one_station(
    groups, stations, data
):
    names = [group.id for group in groups]
    held, _ = settle(groups, stations, {s: data.draw(st.sampled_from(names)) for s in stations})
    loads = Loads(groups, stations, held)
    staying, threshold = loads.staying(), MoveSettings().threshold(loads.mean())
    if staying:
        assert set(held.values()) <= set(staying)
    for giver in staying:
        mine = [stations[s] for s, group in held.items() if group == giver and stations[s] > 0.0]
        for taker in loads.punctual():
            each = 1 / loads.rooms[giver].capacity_cores + 1 / loads.rooms[taker].capacity_cores
            difference = loads.relative(giver) - loads.relative(taker)
            assert not mine or difference <= max(threshold, min(mine) * each) * (1 + 1e-9)


def test_a_group_that_joins_gets_its_share_a_few_a_round():
    stations = alike(60)
    held = {station: f"g{n % 2}" for n, station in enumerate(sorted(stations))}
    first = moves(rooms(1.0, 1.0, 1.0), stations, held)
    assert [move.target for move in first] == ["g2"] * 4
    held, count = settle(rooms(1.0, 1.0, 1.0), stations, held)
    shares = Counter(held.values())
    assert shares["g2"] == count
    assert max(shares.values()) - min(shares.values()) <= 5


def test_small_fleets_are_evened_out_too():
    held, _ = settle(rooms(1.0, 1.0, 1.0), alike(6, 0.012), {s: f"g{n % 2}" for n, s in enumerate(alike(6))})
    assert set(Counter(held.values()).values()) == {2}


def test_small_differences_are_left_alone():
    stations = alike(60)
    held = {station: ("g0" if n < 32 else "g1") for n, station in enumerate(sorted(stations))}
    assert moves(rooms(1.0, 1.0), stations, held) == ()


def test_a_group_that_can_bear_less_than_it_has_loses_stations_and_late_ones_gain_none():
    stations = alike(60)
    held = {station: f"g{n % 3}" for n, station in enumerate(sorted(stations))}
    groups = [*rooms(1.0, 1.0), GroupRoom("g2", "m2", 0.2, 2.0)]
    held, _ = settle(groups, stations, held)
    assert Counter(held.values())["g2"] < 12
    spare = [*rooms(1.0), GroupRoom("g1", "m1", 1.0, 2.0)]
    assert moves(spare, stations, dict.fromkeys(stations, "g0")) == ()


def test_a_group_that_leaves_gives_all_away_what_rests_and_what_costs_nothing_too():
    stations = alike(10) | {"off": 0.0}
    groups = [*rooms(1.0, 1.0), GroupRoom("g2", "m2", 0.0)]
    held = dict.fromkeys(stations, "g2")
    for _ in range(3):
        held = after(held, moves(groups, stations, held, resting=set(stations)))
    assert Counter(held.values())["g2"] == 0


def test_a_small_empty_group_does_not_keep_the_others_from_evening_out():
    stations = alike(10, 0.2)
    held, _ = settle(rooms(1.0, 1.0, 0.1), stations, dict.fromkeys(stations, "g0"))
    assert Counter(held.values()) == {"g0": 5, "g1": 5}


@pytest.fixture(scope="module")
def large() -> tuple[list[GroupRoom], dict[str, float]]:
    rng = np.random.default_rng(9)
    groups = [GroupRoom(f"m{n // 4:02}-{n % 4}", f"m{n // 4:02}", 1.0) for n in range(400)]
    return groups, {f"s{n:05}": float(cost) for n, cost in enumerate(rng.uniform(0.01, 0.03, 10_000))}


def test_ten_thousand_stations_find_another_machine_and_move_back_to_it_a_few_a_round(large):
    groups, stations = large
    held = dict(place(groups, stations, {}).groups)
    lost = {station for station, group in held.items() if group.startswith("m07")}
    left = [group for group in groups if group.machine != "m07"]
    held |= place(left, stations, {s: g for s, g in held.items() if s not in lost}).groups
    made = moves(groups, stations, held)
    assert len(held) == 10_000
    assert len(made) == 10
    assert {move.target.partition("-")[0] for move in made} == {"m07"}
