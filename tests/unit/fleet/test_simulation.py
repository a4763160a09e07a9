"""The simulated fleet, small and for some minutes: `python -m tests.fleet_simulation` runs it in full."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.fleet_simulation import plan
from tests.fleet_simulation.faults import Faults
from tests.fleet_simulation.plan import Plan
from tests.fleet_simulation.report import figures, table, wrongs
from tests.fleet_simulation.world import World

SMALL = Plan(
    stations=120,
    machines=5,
    hours=0.1,
    deaths_an_hour=20.0,
    cuts_an_hour=30.0,
    crashes_an_hour=40.0,
    restarts_an_hour=20.0,
    noises_an_hour=10.0,
    joins_an_hour=10.0,
    quiet_seconds=60.0,
)


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict:
    world = World(SMALL, tmp_path_factory.mktemp("ledger") / "ledger.sqlite")
    Faults(world)
    world.run(lambda _: None)
    return figures(world)


def test_no_two_groups_follow_one_station_and_epochs_rise(found):
    assert found["wrong"] == []
    assert not wrongs(found)


def test_whatever_failed_is_served_again(found):
    kinds = {"machines died", "machines cut off", "processes killed", "supervisor killed", "machines joined"}
    assert found["faults"].keys() >= kinds
    assert found["all interruptions"]["n"] > 50
    assert found["interruptions"]["process killed"]["p50"] < 5.0
    assert found["interruptions"]["machine died"]["p50"] < 15.0
    assert found["not served again"] == 0


def test_figures_are_laid_out_for_people(found):
    lines = table(found).splitlines()
    assert "two groups at one station, or an epoch that does not rise: 0" in lines
    assert any(line.startswith("  process killed: n ") for line in lines)


def test_the_witness_sees_two_groups_at_one_station(tmp_path):
    world = World(Plan(stations=3, machines=1), tmp_path / "ledger.sqlite")
    world.witness.begins("s00000", "one", 5)
    world.witness.begins("s00000", "other", 4)
    assert "other follows under 4 what one follows" in world.witness.wrong[0]
    assert "one did so under 5" in world.witness.wrong[1]


def test_beats_and_ticks_are_those_of_the_fleet():
    pytest.importorskip("ray")
    for room, name in (
        ("group", "BEAT_SECONDS"),
        ("group", "TURN_SECONDS"),
        ("ray_group", "REPORT_SECONDS"),
        ("ray_supervisor", "TICK_SECONDS"),
    ):
        assert getattr(plan, name) == getattr(import_module(f"streamgenre.fleet.{room}"), name)
