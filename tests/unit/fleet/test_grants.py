"""Grants: one group a station, each time under a greater epoch, and known to the ledger first."""

from __future__ import annotations

import pytest

from streamgenre.fleet.crossing import Loss
from streamgenre.fleet.grants import Grants, Leaving
from streamgenre.fleet.ledger import Grant, Ledger
from tests.soak.clock import START, SimulatedClock

NOON = int(START.timestamp())
ONE, OTHER = ("m0-0", "i1"), ("m1-0", "i2")


@pytest.fixture
def clock():
    return SimulatedClock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def grants(path, clock):
    return Grants(Ledger(path), clock)


def epoch(grants: Grants, station: str) -> int:
    found = grants.get(station)
    assert found is not None
    return found.epoch


def test_an_epoch_is_the_time_of_day(grants):
    grants.give({"jazz": ONE})
    assert grants.get("jazz") == Grant("m0-0", "i1", NOON)


def test_epochs_rise_within_a_second_and_when_the_clock_is_set_back(grants, clock):
    seen = []
    for seconds in (0.0, 0.0, -3600.0, 7200.0):
        clock.set_wall(seconds)
        grants.give({"jazz": ONE})
        seen.append(epoch(grants, "jazz"))
        grants.void("jazz", "its group is gone")
    assert seen == [NOON, NOON + 1, NOON + 2, NOON + 3600]


def test_stations_given_at_once_share_an_epoch_so_that_epochs_stay_near_the_clock(grants, clock):
    grants.give({f"s{number}": ONE for number in range(1000)})
    clock.pass_time(1.0)
    grants.give({"jazz": OTHER})
    assert epoch(grants, "s7") == NOON
    assert epoch(grants, "jazz") == NOON + 1


def test_an_epoch_that_was_seen_is_not_given_again(grants):
    grants.note_epoch(NOON + 500)
    grants.give({"jazz": ONE})
    assert epoch(grants, "jazz") == NOON + 501


def test_a_station_is_never_given_twice(grants):
    grants.give({"jazz": ONE})
    with pytest.raises(AssertionError, match="one group"):
        grants.give({"jazz": OTHER})


def test_grants_are_found_by_group(grants):
    grants.give({"jazz": ONE, "rock": ONE, "news": OTHER})
    grants.void("rock", "its group is gone")
    assert grants.of("m0-0").keys() == {"jazz"}
    assert grants.of("m1-0").keys() == {"news"}
    assert grants.of("nobody") == {}
    grants.forget("m0-0")
    assert grants.of("m0-0") == {}
    assert set(grants.granted()) == {"news"}


def test_what_a_group_follows_and_nobody_granted_is_taken_over(grants):
    grants.give({"jazz": ONE})
    grants.adopt("jazz", Grant(*OTHER, NOON + 9))
    assert grants.of("m0-0") == {}
    assert grants.of("m1-0").keys() == {"jazz"}
    grants.give({"rock": ONE})
    assert epoch(grants, "rock") == NOON + 10


def test_what_comes_back_in_order_is_nobodys_loss(grants):
    grants.give({"jazz": ONE})
    grants.leaving["jazz"] = Leaving("moved", "m1-0")
    assert grants.returned("jazz") == Leaving("moved", "m1-0")
    assert grants.get("jazz") is None
    assert grants.leaving == {}
    assert grants.losses() == []


def test_the_last_loss_of_a_station_is_told_until_it_is_settled(grants):
    for _ in range(2):
        grants.give({"jazz": ONE})
        grants.leaving["jazz"] = Leaving("moved")
        grants.void("jazz", "its group is gone")
    first, last = (Loss("jazz", NOON + later, "its group is gone") for later in (0, 1))
    grants.settled(first)
    assert grants.losses() == [last]
    assert grants.leaving == {}
    grants.settled(last)
    assert grants.losses() == []


def test_everything_is_known_after_a_restart(grants, path, clock):
    grants.give({"jazz": ONE, "rock": OTHER, "news": OTHER})
    grants.void("rock", "its group is gone")
    grants.write()
    again = Grants(Ledger(path), clock)
    assert dict(again.items()) == {"jazz": Grant(*ONE, NOON), "news": Grant(*OTHER, NOON)}
    assert again.of("m1-0").keys() == {"news"}
    assert again.losses() == [Loss("rock", NOON, "its group is gone")]
    again.settled(again.losses()[0])
    again.write()
    clock.set_wall(-60.0)
    third = Grants(Ledger(path), clock)
    assert third.losses() == []
    third.give({"rock": ONE})
    assert epoch(third, "rock") == NOON + 1


def test_what_did_not_change_is_not_written(grants, path):
    grants.give({"jazz": ONE})
    grants.write()
    path.unlink()
    path.with_name(f"{path.name}-wal").unlink()
    grants.write()
    assert not path.exists()
