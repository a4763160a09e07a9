"""One source's whole way: alarms among its messages, skips, another hop; the same in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.messages import Alarm, AudioBlock, AudioFormat, Event, Segment, State
from streamgenre.pipeline import SourcePipeline
from streamgenre.settings import DecideSettings, PipelineSettings
from tests.support.fake_model import FakeModel
from tests.support.sounds import silence, tune

RATE_HZ = 8000
Messages = list[State | Event]


def pipeline_of(
    channels: int = 2, hop_seconds: float = 0.5, dead_air_seconds: float = 30.0
) -> SourcePipeline:
    decide = DecideSettings(dead_air_seconds=dead_air_seconds)
    chosen = PipelineSettings(hop_seconds=hop_seconds, decide=decide)
    return SourcePipeline(AudioFormat(RATE_HZ, channels), FakeModel(), chosen)


def played(pipeline: SourcePipeline, sound: np.ndarray, sizes: list[int] | None = None) -> Messages:
    messages, at, turn, start = [], 0, 0, pipeline.position
    sizes = sizes or [len(sound)]
    while at < len(sound):
        block = AudioBlock(sound[at : at + sizes[turn % len(sizes)]], start + at)
        messages += pipeline.process(block)
        at, turn = at + len(block.samples), turn + 1
    return messages


def alarms(messages: Messages) -> list[tuple[str, bool, float, float]]:
    found = [message for message in messages if isinstance(message, Alarm)]
    return [(alarm.kind, alarm.active, alarm.audio_seconds, round(alarm.since_seconds, 3)) for alarm in found]


def genres(messages: Messages) -> list[str | None]:
    return [message.genre for message in messages if isinstance(message, State)]


def both(sound: np.ndarray, other: float = 1.0) -> np.ndarray:
    return np.hstack([sound, np.float32(other) * sound])


MUSIC = tune(7.3, RATE_HZ)
TROUBLED = np.concatenate(
    [
        *[both(MUSIC), both(MUSIC, -1.0), silence(4.6, RATE_HZ, 2), np.clip(both(MUSIC, -0.9) * 9, -1, 1)],
        *[both(MUSIC, 0.8), both(MUSIC[: 4 * RATE_HZ], 0.8)],
    ]
)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4), st.sampled_from([0.1, 0.5, 3.0]))
def test_blocks_of_any_size_give_the_same_messages(sizes, hop_seconds):
    whole, cut = (pipeline_of(hop_seconds=hop_seconds, dead_air_seconds=3.0) for _ in range(2))
    sizes = [max(size, 40) for size in sizes]
    messages = [*played(whole, TROUBLED), *whole.flush()]
    assert [*played(cut, TROUBLED, sizes), *cut.flush()] == messages
    assert cut.diagnostics() == whole.diagnostics()
    assert {kind for kind, *_ in alarms(messages)} == {"out_of_phase", "dead_air", "clipping"}


def test_single_samples_give_the_same_messages():
    sound = TROUBLED[: 13 * RATE_HZ]
    whole, cut = pipeline_of(), pipeline_of()
    assert played(whole, sound, [1]) == played(cut, sound)


def test_alarms_stand_before_the_state_of_their_moment_and_end_with_the_source():
    pipeline = pipeline_of(1)
    messages = [*played(pipeline, np.concatenate([MUSIC, silence(40.0, RATE_HZ)])), *pipeline.flush()]
    assert alarms(messages) == [("dead_air", True, 37.5, 7.3), ("dead_air", False, 47.3, 7.3)]
    at = next(index for index, message in enumerate(messages) if isinstance(message, Alarm))
    following = messages[at + 1]
    assert isinstance(following, State)
    assert (following.audio_seconds, following.status) == (37.5, "silence")
    assert [type(message) for message in messages[-3:]] == [State, Segment, Alarm]


def test_stopping_ends_alarms_too():
    pipeline = pipeline_of(1)
    played(pipeline, silence(31.0, RATE_HZ))
    assert alarms(pipeline.stop()) == [("dead_air", False, 31.0, 0.0)]


@pytest.mark.parametrize("hop_seconds", [0.1, 0.5, 3.0])
def test_the_hop_delays_an_alarm_and_changes_nothing_else(hop_seconds):
    pipeline = pipeline_of(hop_seconds=hop_seconds, dead_air_seconds=3.0)
    found = alarms([*played(pipeline, TROUBLED), *pipeline.flush()])
    exact = [
        *[("out_of_phase", True, 13.0, 8.0), ("dead_air", True, 17.6, 14.6), ("dead_air", False, 20.2, 14.6)],
        *[
            ("clipping", True, 22.0, 19.0),
            ("out_of_phase", False, 32.0, 8.0),
            ("clipping", False, 37.0, 19.0),
        ],
    ]
    assert sorted((kind, active, since) for kind, active, _, since in found) == sorted(
        (kind, active, since) for kind, active, _, since in exact
    )
    due = {(kind, active): seconds for kind, active, seconds, _ in exact}
    for kind, active, seconds, _ in found:
        assert due[kind, active] <= seconds < due[kind, active] + hop_seconds + 0.01


def test_no_signal_and_gaps_leave_alarms_as_they_are():
    pipeline = pipeline_of(1)
    assert alarms(played(pipeline, silence(29.0, RATE_HZ))) == []
    for _ in range(20):
        assert alarms(pipeline.no_signal()) == []
    assert alarms(pipeline.skip(50 * RATE_HZ)) == []
    assert alarms(played(pipeline, silence(1.5, RATE_HZ))) == [("dead_air", True, 80.0, 0.0)]
    assert alarms(pipeline.reopened(AudioFormat(16_000, 1))) == []
    assert alarms(pipeline.no_signal()) == []
    assert [active for _, active, *_ in alarms(played(pipeline, tune(2.0, 16_000)))] == [False]


def test_cancelled_stereo_is_named_as_its_mono_is():
    sound = tune(12.0, RATE_HZ)
    mono, opposite = pipeline_of(1), pipeline_of(2)
    expected, found = played(mono, sound), played(opposite, both(sound, -1.0))
    assert genres(found)[6:] == genres(expected)[6:]
    assert alarms(found) == [("out_of_phase", True, 5.0, 0.0)]
    assert opposite.verdict().genre == mono.verdict().genre is not None


def test_usual_stereo_gives_what_it_always_gave():
    mono, stereo = pipeline_of(1), pipeline_of(2)
    expected, found = (
        [(m.genre, m.confidence, m.top) for m in messages if isinstance(m, State)]
        for messages in (played(mono, MUSIC), played(stereo, both(MUSIC)))
    )
    assert found == expected


def test_a_skip_is_told_by_one_state_and_keeps_the_belief():
    pipeline = pipeline_of(1)
    assert genres(played(pipeline, MUSIC))[-1] is not None
    told = [message for message in pipeline.skip(3 * RATE_HZ) if isinstance(message, State)]
    assert [(state.audio_seconds, state.genre, state.level_dbfs, state.top) for state in told] == [
        (10.0, "low", None, ())
    ]
    assert pipeline.skip(0) == []
    accounts = pipeline.diagnostics().accounts
    assert (accounts.skipped["overload"], accounts.lost) == (3 * RATE_HZ, 0)
    assert genres(played(pipeline, MUSIC))[-1] == "low"


def test_the_hop_can_change_and_diagnostics_show_it():
    pipeline = pipeline_of(1)
    played(pipeline, MUSIC)
    pipeline.set_hop(2.0)
    times = [m.audio_seconds for m in played(pipeline, MUSIC) if isinstance(m, State)]
    assert times == [8.0, 10.0, 12.0, 14.0]
    assert pipeline.diagnostics().hop_seconds == 2.0


def test_diagnostics_know_dc_and_clipping():
    pipeline = pipeline_of(2)
    sound = both(MUSIC) * np.float32(0.5)
    sound[:, 1] += np.float32(0.125)
    sound[100:104, 0] = 1.0
    played(pipeline, sound)
    assert pipeline.diagnostics().dc_offset == pytest.approx(0.125, abs=0.01)
    assert pipeline.diagnostics().clipped_samples == 4
