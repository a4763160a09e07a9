"""The laboratory's checks find what is wrong in made-up recordings, and nothing in sound ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fleet_lab.checks import judged
from tests.support.fleet_lab.listening import Hearing, Listener
from tests.support.fleet_lab.recording import Message, load, read, save
from tests.support.fleet_lab.recovery import double_service, epochs, first_states, times

FIRST, SECOND = 100, 200
"""Epochs."""


def message(at: float, seq: int, epoch: int | None, kind: str = "title", **more: Any) -> Message:
    payload = {"schema": 1, "type": kind, "node": "radio", "source": "jazz", "seq": seq}
    payload |= ({} if epoch is None else {"epoch": epoch}) | {"time": f"at {at}"} | more
    topic = "state" if kind == "state" else "event"
    return Message(at, f"streamgenre/radio/jazz/{topic}", json.dumps(payload))


def state(at: float, seq: int, epoch: int, status: str = "music") -> Message:
    return message(at, seq, epoch, "state", status=status)


SOUND = [
    message(1.0, 1, FIRST),
    state(1.5, 1, FIRST),
    message(2.0, 2, FIRST),
    message(2.5, 2, FIRST, time="at 2.0"),
    message(5.0, 3, SECOND),
    state(5.5, 3, SECOND),
]


def test_nothing_is_found_wrong_in_a_sound_recording():
    verdict = judged(SOUND)
    assert verdict.wrongs == ()
    counts = verdict.stations, verdict.states, verdict.events, verdict.duplicates, verdict.epochs
    assert counts == (1, 2, 3, 1, 2)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (message(6.0, 5, SECOND), "seq 5 epoch 200: came as number 4"),
        (message(6.0, 3, SECOND, title="another"), "came as"),
        (state(6.0, 2, FIRST), "jazz state seq 2 epoch 100: after epoch 200"),
        (message(6.0, 4, FIRST), "jazz title seq 4 epoch 100: after epoch 200"),
        (message(6.0, 4, FIRST, late=True), "jazz title seq 4 epoch 100: after seq 3 of epoch 200"),
        (message(6.0, 4, None), "no epoch right after its seq"),
    ],
)
def test_what_is_wrong_is_found(more, words):
    wrongs = judged([*SOUND, more]).wrongs
    assert words in " ".join(wrongs)


def test_an_event_may_come_again_as_it_was_after_a_newer_epoch():
    again = message(6.0, 2, FIRST, time="at 2.0", late=True)
    assert judged([*SOUND, again]).wrongs == ()


def test_a_state_may_overtake_events_and_events_a_state():
    waited = [SOUND[0], state(4.0, 1, SECOND), message(5.0, 2, FIRST), message(6.0, 3, SECOND)]
    assert judged(waited).wrongs == ()
    waited = [SOUND[0], message(4.0, 2, SECOND), state(5.0, 1, FIRST), state(6.0, 2, SECOND)]
    assert judged(waited).wrongs == ()


def test_what_the_broker_remembered_is_not_judged():
    remembered = Message(0.0, "streamgenre/radio/jazz/state", state(0.0, 9, SECOND).text, retained=True)
    assert judged([remembered, *SOUND]).wrongs == ()


def test_times_are_those_of_the_first_state_under_a_newer_epoch():
    told = read([*SOUND[:4], state(3.0, 2, FIRST), state(5.2, 3, SECOND, "no_signal"), *SOUND[4:]])
    found = first_states(told, ["jazz", "rock"], 2.2, epochs(told, until=2.2))
    assert found == {"jazz": pytest.approx(3.3), "rock": None}
    assert first_states(told, ["jazz"], 2.2) == {"jazz": pytest.approx(0.8)}
    assert times(found).n == 1
    assert times(found).never == ("rock",)
    assert times(found).longest == 3.3


def test_two_groups_at_one_station_are_told_but_for_a_frozen_one():
    one, other = Listener(10, 1, 1000), Listener(20, 2, 2000)
    changes: list[tuple[float, Hearing]] = [
        (0.0, {"jazz": frozenset({one})}),
        (1.0, {"jazz": frozenset({one, other})}),
        (3.5, {"jazz": frozenset({other})}),
    ]
    assert double_service(changes, frozenset()) == {"jazz": 2.5}
    assert double_service(changes, frozenset({1})) == {}


def test_a_recording_is_kept_whole(tmp_path):
    save(SOUND, tmp_path / "messages.ndjson")
    assert load(tmp_path / "messages.ndjson") == SOUND
