"""When analysis does less, and when it goes back, by waiting audio alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamgenre.governor import LoadGovernor
from streamgenre.settings import GovernorSettings

SETTINGS = GovernorSettings()


def note_for(governor: LoadGovernor, now: float, seconds: float, backlog_seconds: float) -> float:
    """Note the same backlog every tenth of a second."""
    for step in range(round(seconds * 10)):
        governor.note(now + step / 10, backlog_seconds)
    return now + seconds


def test_a_burst_that_is_worked_off_is_no_overload():
    governor = LoadGovernor(0.5)
    now = note_for(governor, 0.0, SETTINGS.patience_seconds, 9.0)
    now = note_for(governor, now, 1.0, 0.6)
    note_for(governor, now, SETTINGS.patience_seconds, 9.0)
    assert (governor.hop_seconds, governor.overloaded) == (0.5, False)


def test_the_hop_doubles_while_audio_waits_and_stops_at_the_longest():
    governor = LoadGovernor(0.5)
    hops, now = [], 0.0
    for _ in range(5):
        now = note_for(governor, now, SETTINGS.patience_seconds + 0.1, 2.0)
        hops.append(governor.hop_seconds)
    assert hops == [1.0, 2.0, 3.0, 3.0, 3.0]
    assert governor.overloaded
    assert not governor.skipping


def test_skipping_begins_only_far_behind_and_ends_at_the_remnant():
    governor = LoadGovernor(3.0)
    now = note_for(governor, 0.0, 10.0, SETTINGS.most_behind_seconds - 0.1)
    assert (governor.hop_seconds, governor.overloaded) == (3.0, False)
    now = note_for(governor, now, 4.0, SETTINGS.most_behind_seconds + 0.1)
    assert governor.skipping
    governor.note(now, SETTINGS.remnant_seconds + 0.1)
    assert governor.skipping
    governor.note(now, SETTINGS.remnant_seconds)
    assert not governor.skipping


def test_far_behind_nothing_is_tried_first():
    governor = LoadGovernor(0.5)
    note_for(governor, 0.0, SETTINGS.patience_seconds + 0.2, SETTINGS.most_behind_seconds + 1)
    assert (governor.hop_seconds, governor.skipping) == (3.0, True)


def test_going_back_takes_a_calm_stretch_a_step_and_longer_after_it_was_too_early():
    governor = LoadGovernor(0.5)
    now, waits = 0.0, []
    for _ in range(3):
        while governor.hop_seconds == 0.5:
            now = note_for(governor, now, 0.1, 2.0)
        calm = 0.0
        while governor.hop_seconds == 1.0:
            now, calm = note_for(governor, now, 0.1, 0.1), calm + 0.1
        waits.append(calm / SETTINGS.calm_seconds)
    assert [round(wait) for wait in waits] == [1, 2, 4]
    note_for(governor, now, 200.0, 0.1)
    assert not governor.overloaded


def test_another_wanted_hop_begins_anew():
    governor = LoadGovernor(0.5)
    note_for(governor, 0.0, 8.0, 2.0)
    governor.want(1.0)
    assert (governor.hop_seconds, governor.overloaded) == (1.0, False)


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(0.0, 20.0)), max_size=200), st.floats(0.1, 3.0))
def test_the_hop_stays_between_the_wanted_and_the_longest(looks, wanted_seconds):
    governor, now = LoadGovernor(wanted_seconds), 0.0
    for step, backlog_seconds in looks:
        now += step
        governor.note(now, backlog_seconds)
        assert wanted_seconds <= governor.hop_seconds <= max(wanted_seconds, 3.0)
        assert governor.overloaded >= governor.skipping
