"""Messages between groups and the publisher: all are committed, once, in order, whatever goes wrong."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streamgenre.fleet.crossing import Parcel, Receipt
from streamgenre.fleet.unreceipted import AGAIN_SECONDS, MOST_QUEUED, PARCEL_MESSAGES, Key, Unreceipted
from streamgenre.messages import Stamped
from streamgenre.publish.payload import is_event
from tests.support.fleet_doubles import LazyPublisher
from tests.support.publishing import state, title
from tests.support.simulation import SimulatedClock

STATIONS = ("jazz", "rock")
GROUPS = ("a", "b")


class Handing(RuleBasedStateMachine):
    """Two groups and two stations, which may move, and whose groups may be given up while they live on."""

    @initialize()
    def begin(self) -> None:
        self.clock = SimulatedClock()
        self.publisher = LazyPublisher(self.clock)
        self.groups = {group: Unreceipted() for group in GROUPS}
        self.offered: dict[Key, list[Stamped]] = {}
        self.outstanding: Counter[tuple[str, Key]] = Counter()
        self.follows = dict.fromkeys(STATIONS, (GROUPS[0], 1))
        self.zombies: set[tuple[str, Key]] = set()
        self.void: list[Key] = []
        self.late: list[Parcel] = []
        self.moments = self.epoch = 1

    @rule(station=st.sampled_from(STATIONS), events=st.integers(1, 4), states=st.integers(0, 2))
    def say(self, station: str, events: int, states: int) -> None:
        group, epoch = self.follows[station]
        self._say(group, (station, epoch), events, states)

    @rule(events=st.integers(1, 3))
    def go_on_unaware(self, events: int) -> None:
        """A group that was given up speaks on until it learns of it."""
        for group, key in sorted(self.zombies):
            self._say(group, key, events, 1)

    @rule(group=st.sampled_from(GROUPS))
    def send(self, group: str) -> None:
        parcel = self._parcel(group)
        self._book(group, parcel, self.publisher.hand(parcel))

    @rule(group=st.sampled_from(GROUPS), arrives=st.sampled_from(["never", "now", "late"]))
    def send_in_vain(self, group: str, arrives: str) -> None:
        parcel = self._parcel(group)
        if arrives == "now":
            self.publisher.hand(parcel)
        if arrives == "late":
            self.late.append(parcel)
        self.groups[group].send_all_again()

    @rule()
    def arrive_late(self) -> None:
        if self.late:
            self.publisher.hand(self.late.pop())

    @rule(count=st.integers(1, 6))
    def commit(self, count: int) -> None:
        self.publisher.commit(count)

    @rule()
    def kill_the_publisher(self) -> None:
        self.publisher.start()
        self._tell_losses()

    @rule()
    def have_the_publisher_wait_for_its_disk(self) -> None:
        self.publisher.ready = not self.publisher.ready

    @rule()
    def wait(self) -> None:
        self.clock.pass_time(AGAIN_SECONDS / 2)

    @rule(station=st.sampled_from(STATIONS), to=st.sampled_from(GROUPS))
    def move(self, station: str, to: str) -> None:
        group, epoch = self.follows[station]
        if not self.outstanding[group, (station, epoch)]:
            self._grant(station, to)

    @rule(station=st.sampled_from(STATIONS), to=st.sampled_from(GROUPS))
    def give_up(self, station: str, to: str) -> None:
        group, epoch = self.follows[station]
        if self._grant(station, to):
            self.zombies.add((group, (station, epoch)))
            self.void.append((station, epoch))
            self._tell_losses()

    @invariant()
    def each_event_is_committed_once_and_in_order(self) -> None:
        for key, offered in self.offered.items():
            told = [one for one in self.publisher.committed if (one.station, one.epoch) == key]
            events = [one for one in told if is_event(one.stamped.message)]
            assert [one.stamped for one in events] == offered[: len(events)]
            assert [one.number for one in events] == list(range(1, len(events) + 1))
        for station in STATIONS:
            epochs = [one.epoch for one in self.publisher.committed if one.station == station]
            assert epochs == sorted(epochs)

    @invariant()
    def a_state_comes_after_the_event_before_it(self) -> None:
        last: dict[Key, int] = {}
        for one in self.publisher.committed:
            key = one.station, one.epoch
            assert one.number == last.get(key, 0) + is_event(one.stamped.message)
            last[key] = one.number

    def teardown(self) -> None:
        """Nothing stays behind, and only what was given up is missing."""
        if not hasattr(self, "clock"):
            return
        self.publisher.ready = True
        for _ in range(100):
            for group in GROUPS:
                self.send(group)
            self.publisher.commit(100)
            self._tell_losses()
        assert not any(self.groups[group].unsent for group in GROUPS)
        assert not any(len(self.groups[group]) for group in GROUPS)
        assert not +self.outstanding
        for key, offered in self.offered.items():
            if key not in self.void:
                told = [one for one in self.publisher.committed if (one.station, one.epoch) == key]
                assert [one.stamped for one in told if is_event(one.stamped.message)] == offered
        self.each_event_is_committed_once_and_in_order()

    def _say(self, group: str, key: Key, events: int, states: int) -> None:
        for _ in range(events):
            self.moments += 1
            said = title(self.moments)
            self.offered.setdefault(key, []).append(said)
            self.outstanding[group, key] += 1
            self.groups[group].add(*key, said)
        for _ in range(states):
            self.moments += 1
            self.groups[group].add(*key, state(self.moments))

    def _grant(self, station: str, to: str) -> bool:
        """As groups do: none follows a station anew while it still has events of it."""
        if any(self.outstanding[to, key] for key in self._keys(to) if key[0] == station):
            return False
        if any(zombie == to and key[0] == station for zombie, key in self.zombies):
            return False
        self.epoch += 1
        self.follows[station] = to, self.epoch
        return True

    def _keys(self, group: str) -> list[Key]:
        return [key for known, key in self.outstanding if known == group]

    def _parcel(self, group: str) -> Parcel:
        handed = self.groups[group].to_send(self.clock.monotonic())
        follows = {station: epoch for station, (known, epoch) in self.follows.items() if known == group}
        follows |= {key[0]: key[1] for known, key in self.zombies if known == group}
        return Parcel(group, handed, epochs=follows)

    def _book(self, group: str, parcel: Parcel, receipt: Receipt) -> None:
        booked = self.groups[group].book(parcel, receipt, self.clock.monotonic())
        self.outstanding.subtract((group, key) for key in booked.settled)
        for key in booked.over:
            assert self.follows[key[0]] != (group, key[1]), "what is followed is not over"
            self.zombies.discard((group, key))

    def _tell_losses(self) -> None:
        """As the supervisor does: again until it is durable, and the newest of a station alone counts."""
        for station, epoch in self.void:
            self.publisher.sever(station, epoch)


Handing.TestCase.settings = settings(max_examples=50, stateful_step_count=40)
TestHanding = Handing.TestCase


@pytest.fixture
def said() -> Unreceipted:
    return Unreceipted()


def parcel(said: Unreceipted, now: float = 0.0) -> Parcel:
    return Parcel("a", said.to_send(now))


def test_what_was_sent_is_not_sent_again_before_it_is_late(said: Unreceipted):
    said.add("jazz", 7, title(1))
    first = parcel(said)
    said.book(first, Receipt("p", {"jazz": (7, 0)}), 0.0)  # a publisher that is new is told all again
    said.book(parcel(said), Receipt("p", {"jazz": (7, 0)}), 0.0)
    assert parcel(said, AGAIN_SECONDS).handed == ()
    assert parcel(said, AGAIN_SECONDS + 0.1).handed == first.handed


def test_a_state_goes_once(said: Unreceipted):
    said.add("jazz", 7, title(1))
    said.add("jazz", 7, state(2))
    said.book(parcel(said), Receipt("p", {"jazz": (7, 0)}), 0.0)
    assert [one.stamped for one in parcel(said).handed] == [title(1)]


def test_a_publisher_that_is_not_ready_has_taken_nothing(said: Unreceipted):
    said.add("jazz", 7, title(1))
    said.add("jazz", 7, state(2))
    said.book(parcel(said), Receipt("p", {}), 0.0)
    assert len(parcel(said).handed) == 2


def test_a_parcel_is_bounded_and_holds_the_oldest(said: Unreceipted):
    for moment in range(PARCEL_MESSAGES + 10):
        said.add("jazz", 7, title(moment))
    handed = parcel(said).handed
    assert [one.number for one in handed] == list(range(1, PARCEL_MESSAGES + 1))
    assert said.room == 0


def test_it_is_full_before_everything_is_in_memory_twice(said: Unreceipted):
    while said.room:
        for moment in range(said.room):
            said.add("jazz", 7, title(moment))
        said.book(parcel(said), Receipt("", {"jazz": (7, 0)}), 0.0)
    assert MOST_QUEUED <= len(said) < MOST_QUEUED + PARCEL_MESSAGES


def test_a_grant_without_any_message_may_be_over_too(said: Unreceipted):
    sent = Parcel("a", (), epochs={"jazz": 7})
    assert said.book(sent, Receipt("p", {"jazz": (9, 0)}, ("jazz",)), 0.0).over == {("jazz", 7)}
    assert said.book(sent, Receipt("p", {"jazz": (7, 0)}, ("jazz",)), 0.0).over == {("jazz", 7)}


def test_an_older_grant_that_is_over_leaves_the_newer_one_alone(said: Unreceipted):
    said.add("jazz", 7, state(1))
    said.add("jazz", 9, title(2))
    booked = said.book(parcel(said), Receipt("p", {"jazz": (9, 0)}, ("jazz",)), 0.0)
    assert booked.over == {("jazz", 7)}
    assert [(one.epoch, one.number) for one in parcel(said).handed] == [(9, 1)]


def test_what_comes_late_under_an_older_epoch_does_not_disturb_the_count(said: Unreceipted):
    for epoch, moment in ((9, 1), (7, 2), (9, 3)):
        said.add("jazz", epoch, title(moment))
    assert [one.number for one in parcel(said).handed if one.epoch == 9] == [1, 2]
