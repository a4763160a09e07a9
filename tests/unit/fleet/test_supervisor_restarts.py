"""A supervisor that begins anew: with its ledger, with an old one, a broken one, or none."""

from __future__ import annotations

import shutil

import pytest

from streamgenre.fleet.ledger import Grant, Ledger
from streamgenre.fleet.supervisor import SETTLE_SECONDS
from tests.support.made_up_fleet import made_up_fleet, station, stations

CALM_SECONDS = 100.0


@pytest.fixture
def fleet():
    with made_up_fleet() as fleet:
        yield fleet


def restart(fleet, away_seconds: float = 2.0) -> None:
    fleet.kill_supervisor()
    fleet.pass_time(away_seconds)
    fleet.start_supervisor()


def epochs(fleet) -> dict[str, int]:
    return {one.id: fleet.epoch(one.id) for one in fleet.deployed}


def test_nobody_notices(fleet):
    before = epochs(fleet)
    restart(fleet)
    fleet.pass_time(30.0)
    assert epochs(fleet) == before
    assert fleet.told == []
    fleet.until(CALM_SECONDS, "settled")


def test_groups_that_let_go_while_it_was_away_get_stations_again(fleet):
    before = epochs(fleet)
    restart(fleet, 12.0)
    fleet.until(10.0)
    assert all(epoch > before[name] for name, epoch in epochs(fleet).items())
    fleet.until(CALM_SECONDS, "settled")


def test_a_group_that_died_meanwhile_is_given_up_and_not_named_for_ever(fleet):
    fleet.kill_supervisor()
    fleet.kill(fleet.group_of("s00"))
    fleet.start_supervisor()
    fleet.until(15.0)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_machine_that_was_lost_meanwhile_is_given_up(fleet):
    fleet.kill_supervisor()
    fleet.lose_machine(fleet.group_of("s00").machine)
    fleet.start_supervisor()
    fleet.until(15.0)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_station_that_left_before_is_let_go_of_without_a_loss(fleet):
    fleet.publisher_there = False
    fleet.deploy(stations(3))
    restart(fleet, 1.0)
    fleet.pass_time(5.0)
    fleet.publisher_there = True
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.told == []


def test_a_loss_is_told_by_the_next_supervisor(fleet):
    fleet.publisher_there = False
    victim = fleet.group_of("s00")
    lost = dict(victim.follows)
    fleet.kill(victim)
    fleet.pass_time(0.25)
    restart(fleet, 0.5)
    assert lost.items() <= {loss.station: loss.epoch for loss in fleet.supervisor.losses()}.items()
    fleet.publisher_there = True
    fleet.until(CALM_SECONDS, "settled")
    fleet.kill_supervisor()
    fleet.start_supervisor()
    assert fleet.supervisor.losses() == []


def test_with_a_lost_ledger_groups_go_on_until_the_fleet_is_deployed_again(fleet):
    before = epochs(fleet)
    fleet.kill_supervisor()
    fleet.lose_ledger()
    fleet.start_supervisor()
    fleet.pass_time(30.0)
    fleet.deploy(fleet.deployed)
    fleet.pass_time(30.0)
    assert epochs(fleet) == before
    assert fleet.told == []
    fleet.until(CALM_SECONDS, "settled")


def test_with_a_lost_ledger_nobody_gets_what_a_group_out_of_reach_may_still_follow(fleet):
    fleet.kill_supervisor()
    fleet.lose_ledger()
    fleet.cluster.cut.add(fleet.group_of("s00").machine)
    fleet.start_supervisor()
    fleet.deploy(fleet.deployed)
    fleet.pass_time(20.0)
    fleet.cluster.cut.clear()
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_with_a_lost_ledger_epochs_go_on_rising(fleet):
    for _ in range(3):
        fleet.kill(fleet.group_of("s00"))
        fleet.until(5.0)
    before = epochs(fleet)
    fleet.kill_supervisor()
    fleet.lose_ledger()
    for process in list(fleet.processes):
        fleet.kill(process)
    fleet.pass_time(5.0)
    fleet.start_supervisor()
    fleet.deploy(fleet.deployed)
    fleet.until(20.0)
    assert all(epoch > before[name] for name, epoch in epochs(fleet).items())


@pytest.mark.parametrize("cut", [False, True], ids=["all report", "one is out of reach"])
def test_with_an_old_ledger_groups_are_believed(fleet, cut, tmp_path):
    old = tmp_path / "old.sqlite"
    fleet.ledger._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(fleet.path, old)
    for _ in range(2):
        fleet.kill(fleet.group_of("s00"))
        fleet.until(5.0)
    fleet.until(CALM_SECONDS, "settled")
    fleet.kill_supervisor()
    fleet.lose_ledger()
    shutil.copy(old, fleet.path)
    if cut:
        fleet.cluster.cut.add(fleet.group_of("s00").machine)
    fleet.start_supervisor()
    fleet.pass_time(20.0)
    fleet.cluster.cut.clear()
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_what_could_not_be_written_is_known_from_the_groups(fleet):
    with fleet.unwritable():
        fleet.kill(fleet.group_of("s00"))
        fleet.pass_time(10.0)
        assert "full" in fleet.supervisor.picture().trouble
        before = epochs(fleet)
        fleet.kill_supervisor()
    fleet.pass_time(1.0)
    fleet.told.clear()
    fleet.start_supervisor()
    fleet.pass_time(30.0)
    assert epochs(fleet) == before
    fleet.until(CALM_SECONDS, "settled")


def test_what_could_not_be_written_is_written_once_the_disk_takes_it(fleet):
    with fleet.unwritable():
        fleet.kill(fleet.group_of("s00"))
        fleet.until(5.0)
    fleet.pass_time(2.0)
    assert fleet.supervisor.picture().trouble is None
    assert Ledger(fleet.path).grants() == dict(fleet.supervisor.picture().grants)


def test_a_group_that_ends_while_the_supervisor_settles_leaves_no_ghost(fleet):
    restart(fleet, 1.0)
    fleet.pass_time(SETTLE_SECONDS / 2)
    fleet.kill(fleet.group_of("s00"))
    fleet.until(10.0)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_list_that_comes_while_the_supervisor_settles_holds(fleet):
    restart(fleet, 1.0)
    fleet.pass_time(0.5)
    fleet.deploy(stations(3, first=2))
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.told == []


def test_stations_given_right_after_the_start_are_nobodys_loss(fleet):
    fleet.deploy(stations(6))
    restart(fleet, 1.0)
    fleet.pass_time(SETTLE_SECONDS)
    fleet.deploy(stations(8))
    fleet.until(10.0)
    assert fleet.told == []


def test_a_grant_that_its_group_never_heard_of_is_given_anew(fleet):
    fleet.deploy(stations(8))
    for process in fleet.processes:
        process.deaf = True
    fleet.pass_time(0.5)
    restart(fleet, 0.5)
    for process in fleet.processes:
        process.deaf = False
    fleet.until(15.0)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_fleet_that_was_stopped_stays_so(fleet):
    fleet.publisher_there = False
    fleet.stop()
    fleet.pass_time(0.25)
    restart(fleet, 0.5)
    fleet.pass_time(1.0)
    fleet.publisher_there = True
    fleet.until(25.0, "ended")
    assert fleet.ended()


def test_a_lapsed_group_closes_what_it_had_before_another_gets_it(fleet):
    fleet.publisher_there = False
    restart(fleet, 8.75)
    fleet.pass_time(6.0)
    assert fleet.wrong == []
    fleet.publisher_there = True
    fleet.until(CALM_SECONDS, "settled")


def test_a_group_that_reports_late_is_not_given_again_what_an_old_ledger_says(fleet):
    owner = fleet.group_of("s00")
    fleet.ledger.note({"s09": Grant(owner.group, owner.incarnation, fleet.epoch("s00") - 5)}, 0)
    fleet.cluster.cut.add(owner.machine)
    restart(fleet, 0.5)
    fleet.pass_time(0.25)
    fleet.deploy([*stations(6), station(9)])
    fleet.pass_time(SETTLE_SECONDS + 1.0)
    fleet.cluster.cut.clear()
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.epoch("s09") > fleet.epoch("s00")


def test_a_lease_that_another_supervisor_gave_runs_out_like_any(fleet):
    restart(fleet, 0.5)
    fleet.pass_time(SETTLE_SECONDS + 1.0)
    fleet.cluster.cut.add(fleet.group_of("s00").machine)
    fleet.pass_time(15.0)
    assert fleet.served()
    assert fleet.wrong == []
