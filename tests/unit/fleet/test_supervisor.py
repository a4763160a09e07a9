"""One group a station, whatever becomes of groups, machines and lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamgenre.fleet.crossing import GroupReport
from streamgenre.fleet.doors import Ending
from streamgenre.fleet.known_group import LEASE_SECONDS, MARGIN_SECONDS
from tests.support.made_up_fleet import Fleet, made_up_fleet, station, stations

GIVEN_UP_SECONDS = LEASE_SECONDS + MARGIN_SECONDS + 1.0
CALM_SECONDS = 100.0


@pytest.fixture
def fleet():
    with made_up_fleet() as fleet:
        yield fleet


def the_other(fleet: Fleet, machine: str) -> str:
    return next(one for one in fleet.cluster.there if one != machine)


def test_every_station_has_one_group_and_each_machine_a_group(fleet):
    assert {name for name, found in fleet.followers().items() if len(found) == 1} == {
        one.id for one in fleet.deployed
    }
    assert {process.machine for process in fleet.processes} == set(fleet.cluster.there)


def test_a_killed_group_is_replaced_at_once_and_its_stations_are_told_lost(fleet):
    victim = fleet.group_of("s00")
    lost = dict(victim.follows)
    fleet.kill(victim)
    fleet.until(2.0)
    assert {loss.station: loss.epoch for loss in fleet.told} == lost
    assert all(fleet.epoch(name) > epoch for name, epoch in lost.items())
    fleet.until(CALM_SECONDS, "settled")


def test_a_group_out_of_reach_keeps_its_stations_for_as_long_as_its_lease_may_last(fleet):
    victim = fleet.group_of("s00")
    fleet.cluster.cut.add(victim.machine)
    fleet.pass_time(LEASE_SECONDS - 1.0)
    assert fleet.group_of("s00") is victim
    fleet.until(GIVEN_UP_SECONDS)
    fleet.cluster.cut.clear()
    fleet.until(CALM_SECONDS, "settled")


def test_a_group_that_hears_no_answers_lets_go_by_itself(fleet):
    victim = fleet.group_of("s00")
    victim.deaf = True
    fleet.pass_time(LEASE_SECONDS + 2.0)
    victim.deaf = False
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.wrong == []


def test_a_group_that_was_paused_gives_up_what_another_has_by_now(fleet):
    victim = fleet.group_of("s00")
    victim.paused = True
    fleet.until(GIVEN_UP_SECONDS)
    fleet.wake(victim)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_machine_that_is_gone_takes_its_groups_along(fleet):
    victim = fleet.group_of("s00")
    fleet.lose_machine(victim.machine)
    fleet.until(GIVEN_UP_SECONDS + 1.0)
    fleet.until(CALM_SECONDS, "settled")
    assert {group.machine for group in fleet.supervisor.picture().groups} == set(fleet.cluster.there)


def test_a_group_that_lives_on_after_its_machine_was_given_up_loses_its_stations_in_order(fleet):
    victim = fleet.group_of("s00")
    fleet.lose_machine(victim.machine, processes_live_on=True)
    fleet.pass_time(40.0)
    fleet.until(CALM_SECONDS, "settled")
    assert victim not in fleet.processes
    assert fleet.told == []


def test_a_machine_that_joins_gets_a_group_and_stations(fleet):
    machine = fleet.add_machine()
    fleet.pass_time(40.0)
    assert any(process.machine == machine for process in fleet.processes)
    fleet.until(CALM_SECONDS, "settled")


def test_a_picture_is_of_one_instant(fleet):
    picture = fleet.supervisor.picture()
    for process in list(fleet.processes):
        fleet.kill(process)
    fleet.pass_time(0.25)
    assert {group.state(picture.now) for group in picture.groups} == {"serving"}


# Reports that come late, twice, or from elsewhere


def test_a_report_that_arrives_after_the_end_of_its_process_changes_nothing(fleet):
    victim = fleet.group_of("s00")
    late = victim.report()
    fleet.kill(victim)
    fleet.supervisor.tick()
    assert fleet.deliver_late(late).stop
    fleet.until(4.0)
    fleet.pass_time(0.5)
    assert any(process.group == victim.group for process in fleet.processes), "it was to be started anew"
    fleet.until(CALM_SECONDS, "settled")


def test_a_report_of_a_group_that_ended_in_order_does_not_bring_it_back(fleet):
    machine = fleet.add_machine()
    fleet.pass_time(10.0)
    victim = next(process for process in fleet.processes if process.machine == machine)
    late = victim.report()
    fleet.lose_machine(machine)
    fleet.pass_time(GIVEN_UP_SECONDS + 1.0)
    fleet.cluster.there.update({machine: fleet.cluster.machines()[0]})
    fleet.deliver_late(late)
    fleet.cluster.there.pop(machine)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_report_of_a_former_incarnation_that_arrives_late_interrupts_nobody(fleet):
    victim = fleet.group_of("s00")
    late = victim.report()
    victim.deaf = True
    fleet.pass_time(LEASE_SECONDS + 2.0)
    victim.deaf = False
    fleet.until(CALM_SECONDS, "settled")
    fleet.deploy(stations(10))
    fleet.until(CALM_SECONDS, "settled")
    held = dict(victim.follows)
    fleet.told.clear()
    fleet.deliver_late(late)
    fleet.pass_time(5.0)
    assert fleet.told == []
    assert held.items() <= victim.follows.items()


def test_a_report_that_arrives_twice_changes_nothing(fleet):
    for process in list(fleet.processes):
        fleet.deliver_late(process.report())
        fleet.deliver_late(process.report())
    before = dict(fleet.supervisor.picture().grants)
    fleet.pass_time(3.0)
    assert dict(fleet.supervisor.picture().grants) == before


def test_a_second_process_of_the_same_name_is_sent_away(fleet):
    owner = fleet.group_of("s00")
    held = dict(owner.follows)
    alien = fleet.begin(owner.group, owner.machine, named=False)
    fleet.pass_time(3.0)
    assert not alien.alive
    assert owner.follows == held
    assert fleet.told == []


def test_a_group_whose_reports_need_long_is_not_believed_to_have_heard_the_answers(fleet):
    victim = fleet.group_of("s00")
    victim.late_seconds = 3.0
    fleet.pass_time(30.0)
    victim.late_seconds = 0.0
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_lapsed_group_that_still_closes_a_station_keeps_it_until_it_has(fleet):
    victim = fleet.group_of("s00")
    victim.deaf = True
    epoch = fleet.epoch("s00")
    fleet.publisher_there = False  # so that it cannot hand over what it closes
    fleet.pass_time(LEASE_SECONDS + 1.0)
    victim.deaf = False
    fleet.pass_time(5.0)
    assert fleet.wrong == []
    fleet.publisher_there = True
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.epoch("s00") > epoch


# Lists


def test_a_station_that_is_removed_is_let_go_of_and_forgotten(fleet):
    fleet.deploy(stations(3))
    fleet.until(5.0, "settled")
    assert {one.id for one in fleet.supervisor.stations} == {"s00", "s01", "s02"}
    assert fleet.told == []


def test_a_removed_station_is_known_until_its_group_has_told_its_last(fleet):
    fleet.publisher_there = False
    fleet.deploy(stations(3))
    fleet.pass_time(3.0)
    assert {one.id for one in fleet.supervisor.stations} == {f"s0{number}" for number in range(6)}
    fleet.publisher_there = True
    fleet.until(5.0, "settled")


def test_a_station_that_returns_while_it_leaves_goes_on(fleet, caplog):
    epoch = fleet.epoch("s05")
    fleet.publisher_there = False
    fleet.deploy(stations(3))
    fleet.pass_time(2.0)
    fleet.deploy(stations(6))
    fleet.publisher_there = True
    fleet.until(5.0)
    fleet.pass_time(30.0)
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.epoch("s05") == epoch
    assert "not given back" not in caplog.text


def test_a_changed_station_stays_with_its_group_and_is_given_anew(fleet):
    owner, epoch = fleet.group_of("s00"), fleet.epoch("s00")
    fleet.deploy([station(0, source="http://other.example/"), *stations(5, first=1)])
    fleet.pass_time(1.0)
    orders = owner.orders.assignments
    assert next(one.station.source for one in orders if one.station.id == "s00") == "http://other.example/"
    assert fleet.epoch("s00") == epoch


def test_a_station_whose_group_dies_while_it_leaves_is_gone(fleet):
    fleet.publisher_there = False
    victim = fleet.group_of("s05")
    fleet.deploy(stations(3))
    fleet.pass_time(1.0)
    fleet.kill(victim)
    fleet.publisher_there = True
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_nothing_may_be_followed_any_more(fleet):
    fleet.deploy(())
    fleet.pass_time(5.0)
    assert fleet.followers() == {}
    assert fleet.supervisor.stations == ()


def test_costs_of_removed_stations_are_forgotten(fleet):
    fleet.pass_time(20.0)
    fleet.deploy(stations(1))
    fleet.pass_time(70.0)
    kept = fleet.ledger.costs()
    assert {row[0] for row in kept["stations"]} == {"s00"}


# Groups that do not come up, or do not go


def test_a_group_that_cannot_be_started_is_tried_again_and_again(tmp_path):
    fleet = Fleet(tmp_path, machines=1)
    fleet.cluster.refuses_to_start = "no room"
    fleet.deploy(stations(2))
    fleet.pass_time(30.0)
    assert [group.trouble for group in fleet.supervisor.picture().groups] == ["no room"]
    fleet.cluster.refuses_to_start = None
    fleet.until(70.0)


def test_a_group_that_never_reports_is_started_anew(tmp_path):
    fleet = Fleet(tmp_path, machines=1)
    fleet.deploy(stations(2))
    fleet.pass_time(3.25)
    fleet.cluster.starts.clear()
    fleet.pass_time(61.0)
    fleet.until(10.0)
    assert fleet.served()


def test_a_superfluous_group_that_never_reported_is_forgotten(tmp_path):
    fleet = Fleet(tmp_path, machines=3)
    fleet.deploy(stations(3))
    fleet.pass_time(3.25)
    fleet.cluster.starts.pop()
    fleet.deploy(stations(2))
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_superfluous_group_that_waits_to_be_started_anew_is_forgotten(fleet):
    fleet.add_machine()
    fleet.cluster.refuses_to_start = "no room"
    fleet.pass_time(5.0)
    assert len(fleet.supervisor.picture().groups) == 3
    fleet.deploy(stations(2))
    fleet.pass_time(CALM_SECONDS)
    assert fleet.settled()


def test_a_lost_group_whose_end_nobody_tells_is_not_named_for_ever(fleet):
    victim = fleet.group_of("s00")
    fleet.cluster.watched.discard(victim.group)
    fleet.kill(victim)
    fleet.until(GIVEN_UP_SECONDS + 1.0)
    assert "lost" in {group.state(fleet.now) for group in fleet.supervisor.picture().groups}
    fleet.until(CALM_SECONDS, "settled")


def test_a_group_of_another_version_gets_nothing_and_says_why(fleet):
    machine = fleet.add_machine()
    odd = fleet.begin(f"{machine}-0", machine, version="0.0.1")
    fleet.pass_time(20.0)
    known = {group.id: group for group in fleet.supervisor.picture().groups}
    assert "0.0.1" in known[odd.group].trouble
    assert odd.follows == {}


def test_an_ending_of_a_group_nobody_knows_changes_nothing(fleet):
    fleet.cluster.told.append(Ending("no-such-0", "killed", certain=True))
    fleet.pass_time(1.0)
    assert fleet.told == []


# The end


def test_stopping_ends_every_group_in_order(fleet):
    fleet.stop()
    fleet.until(15.0, "ended")
    assert fleet.told == []


def test_stopping_waits_for_what_is_still_handed_over(fleet):
    fleet.publisher_there = False
    fleet.stop()
    fleet.pass_time(12.0)
    assert fleet.processes, "they were not ended before"
    fleet.publisher_there = True
    fleet.until(10.0, "ended")
    assert fleet.told == []


def test_stopping_does_not_wait_for_ever_for_a_machine_out_of_reach(fleet):
    fleet.cluster.cut.add(fleet.group_of("s00").machine)
    fleet.stop()
    fleet.pass_time(GIVEN_UP_SECONDS)
    assert fleet.supervisor.stopped


def test_what_is_deployed_while_the_fleet_stops_is_followed(fleet):
    fleet.stop()
    fleet.pass_time(1.0)
    fleet.deploy(stations(4))
    fleet.until(CALM_SECONDS, "settled")
    assert fleet.settled()


def test_a_report_of_a_broken_group_does_not_harm_the_others(fleet):
    odd = GroupReport("odd", "nowhere", "i0", 7, 1, "", stations={"no such": next(iter(reports(fleet)))})
    assert fleet.deliver_late(odd).stop
    fleet.pass_time(CALM_SECONDS)
    fleet.until(CALM_SECONDS, "settled")


def reports(fleet: Fleet):
    for process in fleet.processes:
        yield from process.report().stations.values()


def test_reports_out_of_order_interrupt_nobody(fleet):
    owner = fleet.group_of("s00")
    before = replace(owner.report())
    fleet.deploy([*stations(6), station(6), station(7)])
    fleet.pass_time(3.0)
    fleet.told.clear()
    fleet.deliver_late(before)
    fleet.pass_time(3.0)
    assert fleet.told == []
    fleet.until(CALM_SECONDS, "settled")
