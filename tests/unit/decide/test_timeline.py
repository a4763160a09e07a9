from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.decide.timeline import Timeline
from streamgenre.messages import Change, ModelIdentity, Segment, State, StatusAndGenre


def _state(now: float, status="music", genre: str | None = "jazz", confidence=0.8, title=None) -> State:
    return State(
        audio_seconds=now,
        status=status,
        genre=genre,
        confidence=confidence,
        stability="provisional",
        since_seconds=0.0,
        top=(),
        tags=(),
        level_dbfs=-20.0,
        title=title,
        short=False,
        lost_samples=0,
        model=ModelIdentity("m", "0" * 64),
    )


def test_the_first_state_is_no_change() -> None:
    timeline = Timeline()
    assert timeline.process(_state(3.0)) == []
    assert timeline.finish(4.0, "end") == Segment(4.0, 0.0, 4.0, "music", "jazz", 0.8, None, "end")


def test_the_time_before_the_first_window_is_a_stretch_of_unknown() -> None:
    timeline = Timeline()
    timeline.process(_state(0.5, "unknown", None, None))
    events = timeline.process(_state(3.0))
    assert events == [
        Segment(3.0, 0.0, 3.0, "unknown", None, None, None, "change"),
        Change(3.0, StatusAndGenre("unknown", None), StatusAndGenre("music", "jazz"), 3.0),
    ]


def test_the_same_belief_says_nothing() -> None:
    timeline = Timeline()
    assert [timeline.process(_state(t, confidence=c)) for t, c in [(1.0, 0.4), (2.0, 0.9)]] == [[], []]


def test_mean_confidence_is_weighted_by_time_and_skips_what_was_not_measured() -> None:
    timeline = Timeline()
    for now, confidence in [(0.0, 0.2), (1.0, 0.6), (4.0, None)]:
        timeline.process(_state(now, confidence=confidence))
    segment = timeline.finish(10.0, "end")
    assert segment is not None
    assert segment.mean_confidence == pytest.approx((0.2 + 3 * 0.6) / 4)


def test_a_stretch_carries_the_title_that_stood_longest_not_that_of_the_next_song() -> None:
    timeline = Timeline()
    timeline.process(_state(1.0, title="the last song"))
    timeline.process(_state(3.0, title="this song"))
    timeline.process(_state(60.0, title="the next song"))
    segment = timeline.process(_state(63.0, genre="rock", title="the next song"))[0]
    assert isinstance(segment, Segment)
    assert segment.title == "this song"


def test_a_title_that_came_with_the_only_state_is_that_of_its_stretch() -> None:
    timeline = Timeline()
    timeline.process(_state(3.0, title="short"))
    segment = timeline.finish(3.0, "end")
    assert segment is not None
    assert segment.title == "short"


def test_a_stretch_without_a_title_at_first_takes_the_one_that_came() -> None:
    timeline = Timeline()
    timeline.process(_state(3.0))
    timeline.process(_state(4.0, title="late"))
    segment = timeline.finish(9.0, "end")
    assert segment is not None
    assert segment.title == "late"


def test_finish_without_a_state_is_nothing() -> None:
    timeline = Timeline()
    assert timeline.finish(1.0, "end") is None
    timeline.process(_state(1.0))
    assert timeline.finish(2.0, "gap") is not None
    assert timeline.finish(2.0, "end") is None


def test_after_finish_the_next_stretch_begins_there() -> None:
    timeline = Timeline()
    timeline.process(_state(1.0))
    timeline.finish(2.0, "gap")
    timeline.process(_state(5.0, genre="rock"))
    segment = timeline.finish(6.0, "end")
    assert segment is not None
    assert (segment.start_seconds, segment.end_seconds, segment.genre) == (2.0, 6.0, "rock")


beliefs = st.sampled_from([("music", "jazz"), ("music", "rock"), ("speech", None), ("silence", None)])


@given(st.lists(beliefs, min_size=1, max_size=30))
def test_stretches_tile_the_time_and_alternate_with_changes(history) -> None:
    timeline = Timeline()
    events = [e for i, (s, g) in enumerate(history) for e in timeline.process(_state(i + 1.0, s, g))]
    events.append(timeline.finish(len(history) + 1.0, "end"))
    segments, changes = events[::2], events[1::2]
    assert all(isinstance(s, Segment) for s in segments)
    assert all(isinstance(c, Change) for c in changes)
    assert [s.start_seconds for s in segments] == [0.0] + [s.end_seconds for s in segments[:-1]]
    assert segments[-1].end_seconds == len(history) + 1.0
    for segment, change in zip(segments, changes, strict=False):
        assert (change.from_.status, change.from_.genre) == (segment.status, segment.genre)
        assert change.to != change.from_
        assert change.previous_seconds == segment.end_seconds - segment.start_seconds


def test_a_source_that_ends_with_its_first_window_is_one_stretch() -> None:
    timeline = Timeline()
    timeline.process(replace(_state(0.5, "unknown", None, None), reason="filling"))
    assert timeline.process(_state(1.4, "music", "jazz", 0.8), at_end=True) == []
    assert timeline.finish(1.4, "end") == Segment(1.4, 0.0, 1.4, "music", "jazz", 0.8, None, "end")
