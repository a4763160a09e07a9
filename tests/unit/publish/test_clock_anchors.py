from __future__ import annotations

from datetime import UTC, datetime, timedelta

from streamgenre.publish.clock_anchors import ClockAnchors

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_moment_before_an_outage_was_before_it():
    anchors = ClockAnchors()
    for second in range(21):
        anchors.note(second, at(second))
    for second in range(21, 40):
        anchors.note(second, at(second + 300))
    assert anchors.clock_at(12.5) == at(12.5)
    assert anchors.clock_at(20.0) == at(20.0)
    assert anchors.clock_at(20.5) == at(320.5)
    assert anchors.clock_at(38.0) == at(338.0)


def test_time_that_passes_without_audio_counts_from_its_end():
    anchors = ClockAnchors()
    anchors.note(10.0, at(10))
    for waiting in range(12, 60):
        anchors.note(10.0, at(waiting))
    anchors.note(10.5, at(60.5))
    assert anchors.clock_at(10.0) == at(10)
    assert anchors.clock_at(10.4) == at(60.4)


def test_no_more_than_a_thousand_partings_are_kept():
    anchors = ClockAnchors()
    for number in range(5000):
        anchors.note(number, at(number * 3.0))
    assert anchors.clock_at(4999) == at(4999 * 3.0)
