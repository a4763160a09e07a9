"""The thread that hands a group's messages over: soon, and for as long as it takes, but not at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from streamgenre.fleet import handover as handover_module
from streamgenre.fleet import unreceipted as unreceipted_module
from streamgenre.fleet.crossing import Parcel, Receipt, Shown
from streamgenre.fleet.handover import Handover
from streamgenre.fleet.unreceipted import Key
from streamgenre.publish.health_report import SourceHealth
from tests.support.fleet_doubles import ReachedPublisher
from tests.support.publishing import NOON, state, title

HEALTH = (SourceHealth("jazz", True, None),)


class Stage:
    def __init__(self) -> None:
        self.publisher = ReachedPublisher()
        self.fenced: list[Key] = []
        self.handover = Handover("a", self.publisher, lambda: (HEALTH, {"jazz": 7}), self.fenced.extend)

    @property
    def told(self) -> list[float]:
        """Audio seconds of the events that are committed."""
        return [one.stamped.message.audio_seconds for one in self.publisher.events("jazz")]

    def say(self, count: int, first: int = 0) -> None:
        for moment in range(first, first + count):
            self.handover.offer("jazz", 7, title(moment))


def wait_until(found: Callable[[], Any]) -> None:
    give_up = time.monotonic() + 60
    while not found():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@contextmanager
def handing() -> Iterator[Stage]:
    stage = Stage()
    stage.handover.start()
    try:
        yield stage
    finally:
        stage.publisher.reachable = stage.publisher.commits = True
        stage.handover.stop(60)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with handing() as found:
        yield found


def test_an_event_does_not_wait_for_the_pause_between_states(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(handover_module, "PAUSE_SECONDS", 1e6)
    with handing() as stage:
        stage.handover.offer("jazz", 7, state(0))
        stage.say(1, first=1)
        wait_until(lambda: stage.told == [1])
        stage.say(1, first=2)
        wait_until(lambda: stage.told == [1, 2])
        assert stage.told == [1, 2]


def test_health_is_told_though_there_is_nothing_to_say(stage: Stage):
    wait_until(lambda: len(stage.publisher.parcels) >= 2)
    assert stage.publisher.parcels[-1] == Parcel("a", (), HEALTH, (), {"jazz": 7})


def test_all_that_waited_while_the_publisher_was_away_comes_once_and_in_order(
    stage: Stage, caplog: pytest.LogCaptureFixture
):
    stage.publisher.reachable = False
    stage.say(3000)
    wait_until(lambda: stage.handover.trouble == "it is away")
    assert stage.handover.outstanding("jazz", 7)
    stage.publisher.reachable = True
    wait_until(lambda: len(stage.told) == 3000)
    assert stage.told == list(range(3000))
    wait_until(lambda: not stage.handover.outstanding("jazz", 7))
    assert stage.handover.trouble is None
    assert caplog.text.count("messages cannot be handed over and are kept: it is away") == 1
    assert caplog.text.count("messages are handed over again") == 1


def test_of_what_is_too_much_the_newest_is_lost_and_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    stage.publisher.reachable = False
    wait_until(lambda: stage.handover.trouble)
    stage.handover._offers._most_events = 10  # not 100,000
    stage.say(40)
    wait_until(lambda: "events lost" in caplog.text)
    stage.publisher.reachable = True
    wait_until(lambda: not stage.handover.outstanding("jazz", 7))
    assert stage.told == list(range(len(stage.told)))
    assert len(stage.told) + stage.handover.lost == 40
    lost = f"the publisher was away for too long: events lost: {stage.handover.lost}"
    wait_until(lambda: stage.handover.trouble == lost)
    monkeypatch.setattr(handover_module, "LOSSES_TOLD_SECONDS", 0.0)
    assert stage.handover.trouble is None


def test_a_publisher_that_is_killed_before_it_commits_is_told_again(stage: Stage):
    stage.publisher.commits = False
    stage.say(3)
    wait_until(lambda: len(stage.publisher.lazy.pending) == 3)
    stage.publisher.lazy.start()
    stage.publisher.commits = True
    wait_until(lambda: stage.told == [0, 1, 2])
    assert stage.told == [0, 1, 2]


def test_what_is_fenced_is_dropped_and_told(stage: Stage):
    stage.say(1)
    wait_until(lambda: stage.told == [0])
    stage.publisher.lazy.sever("jazz", 7)
    stage.say(2, first=1)
    wait_until(lambda: ("jazz", 7) in stage.fenced)
    wait_until(lambda: not stage.handover.outstanding("jazz", 7))
    assert stage.told == [0]


def test_an_unforeseen_error_of_the_publisher_loses_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(handover_module, "PAUSE_SECONDS", 0.05)
    hand = stage.publisher.hand

    def fail(_parcel: Parcel) -> Receipt:
        raise AttributeError("it is broken")

    monkeypatch.setattr(stage.publisher, "hand", fail)
    stage.say(2)
    wait_until(lambda: "it is tried again" in caplog.text)
    monkeypatch.setattr(stage.publisher, "hand", hand)
    wait_until(lambda: stage.told == [0, 1])
    assert stage.told == [0, 1]


def test_the_end_waits_for_receipts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unreceipted_module, "AGAIN_SECONDS", 0.1)
    with handing() as stage:
        stage.publisher.reachable = False
        stage.say(700)
        wait_until(lambda: stage.handover.trouble)
        stage.publisher.reachable = True
    assert stage.told == list(range(700))


def test_the_end_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture):
    stage = Stage()
    stage.handover.start()
    stage.publisher.commits = False
    stage.say(2)
    wait_until(lambda: len(stage.publisher.lazy.pending) == 2)
    stage.handover.stop(0.2)
    assert "events not handed over before the end: 2; no receipt came" in caplog.text
    stage.handover._thread.join(60)
    assert not stage.handover._thread.is_alive()


def test_what_is_shown_goes_once_and_is_bounded(stage: Stage):
    for number in range(100):
        stage.handover.show(Shown(f"s{number}", NOON, 1.0, None, None))  # type: ignore[arg-type]  # no rows
    wait_until(lambda: sum(len(parcel.shown) for parcel in list(stage.publisher.parcels)))
    before = len(stage.publisher.parcels)
    wait_until(lambda: len(stage.publisher.parcels) > before + 1)
    shown = [one.station for parcel in list(stage.publisher.parcels) for one in parcel.shown]
    assert shown[-1] == "s99"
    assert len(shown) == len(set(shown)) <= 100
