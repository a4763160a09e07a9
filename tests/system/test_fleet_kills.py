"""Sixty stations on three machines, whatever is killed: all come back, and no message is lost or doubled."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support.fleet_lab.running import finding, report_of
from tests.support.fleet_lab.scenarios import GOAL_SECONDS, SCENARIOS

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(1800)]
STATIONS = 60
HITTING = ("kill-group", "kill-decoder", "kill-raylet", "kill-node", "freeze-group", "freeze-node")
LINGER_SECONDS = 2.0
"""A connection that is being closed may be seen for so long; what is said is held to its epoch."""
UNNOTICED = ("kill-supervisor", "kill-publisher")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Every scenario, one after the other, in one laboratory."""
    return report_of(tmp_path_factory.mktemp("fleet"), *SCENARIOS, "--stations", str(STATIONS), seconds=1700)


def test_nothing_was_untrue(report, capsys):
    with capsys.disabled():
        for found in report["findings"]:
            sys.stdout.write(f"\n{found['scenario']}: served again {found['served_again']}")
        sys.stdout.write(f" (the goal is {GOAL_SECONDS} s)\n{json.dumps(report['messages'])}\n")
    assert report["wrongs"] == []


def test_every_station_was_heard_from_the_beginning(report):
    assert finding(report, "up")["served_again"]["n"] == STATIONS
    assert min(finding(report, "up")["notes"]["stations_by_machine"].values()) == 0, "the head has no cores"


@pytest.mark.parametrize("scenario", HITTING)
def test_what_was_hit_is_served_again(report, scenario):
    found = finding(report, scenario)
    assert found["served_again"]["n"] > 0
    assert found["served_again"]["never"] == []


@pytest.mark.parametrize("scenario", UNNOTICED)
def test_no_station_notices_that_the_head_s_actors_are_killed(report, scenario):
    found = finding(report, scenario)
    assert found["served_again"]["never"] == []
    touched = {*found["notes"]["moved"], *found["notes"]["connected_anew"]}
    assert len(touched) < STATIONS / 3, "rounds of rebalancing may fall into it"


def test_no_two_groups_listen_to_a_station_for_long(report):
    overlaps = report["two_groups_at_once_seconds"]
    assert {station: seconds for station, seconds in overlaps.items() if seconds > LINGER_SECONDS} == {}


def test_stations_come_and_go_while_the_others_are_untouched(report):
    notes = finding(report, "stations")["notes"]
    assert notes["untouched"] > STATIONS / 2
    assert len(notes["moved_meanwhile"]) < STATIONS / 4, "a round of rebalancing may fall into it"


def test_a_group_that_hung_was_there_to_wake_up(report):
    assert finding(report, "freeze-node")["notes"]["was_there_to_wake_up"]


def test_a_machine_that_joins_gets_its_share(report):
    shares = finding(report, "join")["notes"]["stations_by_machine"]
    assert shares["worker4"] > 0


def test_a_fleet_comes_back_with_its_head(report):
    assert finding(report, "head-loss")["served_again"]["never"] == []
