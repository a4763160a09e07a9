"""What is let in of what groups hand over: in turn, once, and never of an epoch that is over."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from streamgenre.fleet import voice_door
from streamgenre.fleet.crossing import Handed
from streamgenre.fleet.voice_door import Door, Grant
from streamgenre.messages import Stamped
from tests.support.publishing import diagnostics, state, title
from tests.support.simulation import SimulatedClock


@dataclass
class Entrance:
    """A door, and what went through it."""

    durable: dict[str, Grant] = field(default_factory=dict[str, Grant])
    full: bool = False

    def __post_init__(self) -> None:
        self.clock = SimulatedClock()
        self.door = Door(self.durable.get, self.clock)
        self.entered: list[tuple[int, int, float]] = []

    def __call__(self, epoch: int, number: int, stamped: Stamped, group: str = "a") -> str:
        handed = Handed("jazz", epoch, number, stamped)

        def let_in() -> bool:
            if not self.full:
                self.entered.append((epoch, number, stamped.message.audio_seconds))
            return not self.full

        return self.door.admit(handed, group, let_in)

    def event(self, epoch: int, number: int, group: str = "a") -> str:
        return self(epoch, number, title(number), group)


def test_events_enter_once_and_in_turn():
    enter = Entrance()
    assert [enter.event(7, number) for number in (1, 2, 2, 1, 4, 3, 4)] == [
        *("in", "in", "again", "again", "early", "in", "in"),
    ]
    assert [number for _, number, _ in enter.entered] == [1, 2, 3, 4]


def test_what_finds_no_room_is_not_taken_and_neither_is_what_follows():
    enter = Entrance()
    enter.event(7, 1)
    enter.full = True
    assert enter.event(7, 2) == "early"
    enter.full = False
    assert enter.event(7, 3) == "early"
    assert enter(7, 3, state(9.0)) == "early"
    assert [enter.event(7, number) for number in (2, 3)] == ["in", "in"]


def test_states_enter_between_their_events_alone_and_never_backwards():
    enter = Entrance()
    assert enter(7, 0, state(1.0)) == "in"
    assert enter(7, 0, state(1.0)) == "again"
    assert enter(7, 0, state(0.5)) == "again"
    assert enter(7, 0, state(1.5)) == "in"
    assert enter(7, 0, diagnostics(1.0)) == "in"
    assert enter.event(7, 1) == "in"
    assert enter(7, 0, state(2.0)) == "again"
    assert enter(7, 2, state(2.0)) == "early"
    assert enter(7, 1, state(0.0)) == "in"  # a file that is followed anew


def test_a_later_epoch_ends_an_earlier_one():
    enter = Entrance()
    enter.event(7, 1)
    assert enter.event(9, 1, "b") == "in"
    assert enter.event(7, 2) == "fenced"
    assert enter(7, 1, state(5.0)) == "fenced"
    assert enter.door.receipt("jazz") == (9, 0)
    assert enter.door.over("jazz", 7)
    assert not enter.door.over("jazz", 9)


def test_what_was_severed_is_over_and_is_severed_once():
    enter = Entrance()
    enter.event(7, 1)
    assert enter.door.sever("jazz", 7) == 1
    assert enter.door.sever("jazz", 7) is None
    assert enter.door.sever("jazz", 6) is None
    assert enter.event(7, 2) == "fenced"
    assert enter.event(8, 1) == "in"
    assert enter.door.sever("jazz", 7) is None
    assert enter.door.sever("rock", 3) == 0


def test_what_is_durable_holds_after_a_restart():
    enter = Entrance({"jazz": Grant(7, 3, void=False)})
    assert enter.event(6, 1) == "fenced"
    assert enter.event(7, 5) == "early"  # the group has sent 4 to whoever was here before
    assert enter.event(7, 3) == "again"
    assert enter.event(7, 4) == "in"
    assert enter.door.receipt("jazz") == (7, 3)
    void = Entrance({"jazz": Grant(7, 3, void=True)})
    assert void.event(7, 4) == "fenced"
    assert void.door.receipt("jazz") == (8, 0)
    assert void.event(8, 1) == "in"
    assert Entrance().door.receipt("jazz") is None


def test_events_that_never_come_again_hold_up_the_others_for_a_while_only(
    caplog: pytest.LogCaptureFixture,
):
    enter = Entrance()
    assert [enter.event(7, number) for number in (6, 7)] == ["early", "early"]
    enter.clock.now += voice_door.GAP_SECONDS
    assert [enter.event(7, number) for number in (7, 6, 7)] == ["early", "in", "in"]
    assert "jazz: events 1 to 5 of epoch 7 never came again" in caplog.text


def test_only_the_group_of_the_latest_epoch_speaks_for_a_station():
    enter = Entrance()
    assert not enter.door.speaks("jazz", "a", None)
    enter.event(7, 1, "a")
    assert enter.door.speaks("jazz", "a", None)
    assert not enter.door.speaks("jazz", "b", None)
    assert enter.door.speaks("jazz", "b", 8)  # granted, and nothing said yet
    enter.event(8, 1, "b")
    assert not enter.door.speaks("jazz", "a", 7)
    enter.door.sever("jazz", 8)
    assert not enter.door.speaks("jazz", "b", 8)
    assert not enter.door.speaks("jazz", "b", None)
