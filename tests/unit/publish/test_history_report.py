"""Sums over hours and days: no second twice, none lost, also where the clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_hours import local_hours
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader, HistoryRow
from streamgenre.publish.history_report import report, to_object
from streamgenre.publish.history_ribbon import ribbon
from streamgenre.publish.history_stretches import SAME_STRETCH_MS, StretchSum
from streamgenre.publish.payload import to_json
from tests.support.history_files import write_history
from tests.support.synthetic_week import event, events, segment, state

BERLIN, NEW_YORK, LORD_HOWE = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
)
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), UTC]
HOUR_MS = 3_600_000


def local(zone, *when):
    return datetime(*when, tzinfo=zone)


def made(tmp_path, payloads, start, end, zone):
    path = write_history(tmp_path / "history.sqlite", payloads)
    with HistoryReader(path) as reader:
        return report(reader, HistoryQuery(since_ms=milliseconds(start), until_ms=milliseconds(end)), zone)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, (2026, 3, 29), 23),
        (BERLIN, (2026, 10, 25), 25),
        (BERLIN, (2026, 11, 20), 24),
        (NEW_YORK, (2026, 3, 8), 23),
        (NEW_YORK, (2026, 11, 1), 25),
        (LORD_HOWE, (2026, 4, 5), 24.5),
    ],
)
def test_a_day_has_the_hours_its_clock_showed(tmp_path, zone, day, hours):
    start, end = local(zone, *day), local(zone, *day) + timedelta(days=1)
    played = [segment(start.astimezone(UTC) - timedelta(hours=3), end.astimezone(UTC) + timedelta(hours=3))]
    made_report = made(tmp_path, played, start, end, zone)
    (one,) = made_report.sources
    (period,) = one.days
    assert (period.length_ms, period.followed_ms) == (hours * HOUR_MS, hours * HOUR_MS)
    assert ribbon(made_report, one).hours == [hours]
    assert sum(hour.followed_ms for hour in one.hours) == hours * HOUR_MS
    assert len({hour.name for hour in one.hours}) == len(one.hours)


def test_the_hour_that_comes_twice_is_two_hours_and_one_hour_of_the_day(tmp_path):
    start, end = local(BERLIN, 2026, 10, 25), local(BERLIN, 2026, 10, 26)
    (one,) = made(tmp_path, [segment(start, end)], start, end, BERLIN).sources
    assert [hour.name for hour in one.hours if "T02" in hour.name] == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
    ]
    assert one.hours_of_day[2].followed_ms == 2 * HOUR_MS
    (spring,) = made(
        tmp_path / "spring", [segment(local(BERLIN, 2026, 3, 29), local(BERLIN, 2026, 3, 30))],
        local(BERLIN, 2026, 3, 29), local(BERLIN, 2026, 3, 30), BERLIN,
    ).sources  # fmt: skip
    assert "02" not in [period.name for period in spring.hours_of_day]


def test_a_segment_over_midnight_belongs_to_both_days(tmp_path):
    start, end = local(NEW_YORK, 2026, 10, 31), local(NEW_YORK, 2026, 11, 3)
    played = [segment(local(NEW_YORK, 2026, 10, 31, 22), local(NEW_YORK, 2026, 11, 2, 1))]
    (one,) = made(tmp_path, played, start, end, NEW_YORK).sources
    assert [period.followed_ms / HOUR_MS for period in one.days] == [2, 25, 1]


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(
        milliseconds(datetime(2026, 1, 1, tzinfo=UTC)), milliseconds(datetime(2027, 1, 1, tzinfo=UTC))
    ),
    length=st.integers(1, 5 * 24 * HOUR_MS),
    cuts=st.lists(
        st.tuples(st.integers(-HOUR_MS, 6 * 24 * HOUR_MS), st.integers(0, 30 * HOUR_MS)), max_size=20
    ),
)
def test_hours_fill_the_time_and_no_second_counts_twice(zone, start, length, cuts):
    hours = local_hours(start, start + length, zone)
    assert hours[0].start_ms == start
    assert hours[-1].end_ms == start + length
    assert all(one.end_ms == other.start_ms for one, other in pairwise(hours))
    assert all(0 < hour.end_ms - hour.start_ms <= HOUR_MS for hour in hours)
    summed, covered, reach = StretchSum(hours, keep=True), 0, start
    for offset, lasts in sorted(cuts):
        begins, ends = max(start + offset, reach), min(start + offset + lasts, start + length)
        covered, reach = covered + max(0, ends - begins), max(reach, ends)
        row = HistoryRow(start + offset, 1, start + offset + lasts, "")
        summed.take(row, {"status": "music", "genre": f"genre {lasts % 3}", "title": None})
    summed.end()
    heard = sum(hour.total() for hour in summed.by_hour)
    assert heard == covered == summed.by_status.total() == summed.by_genre.total()
    drawn = sum(stretch.end_ms - stretch.start_ms for stretch in summed.stretches)
    assert covered <= drawn <= covered + SAME_STRETCH_MS * len(cuts)


def test_a_week_sums_up_and_an_empty_one_is_a_report_too(tmp_path):
    start = local(BERLIN, 2026, 11, 14)
    week = made(tmp_path, events(), start, start + timedelta(days=7), BERLIN)
    (one,) = week.sources
    assert one.total.followed_ms == 7 * 24 * HOUR_MS
    assert sum(one.genres.values()) <= one.statuses["music"]
    assert [stretch.seconds for stretch in one.longest] == sorted(
        (stretch.seconds for stretch in one.stretches), reverse=True
    )[:5]
    assert sum(one.total.share(label) for label in one.total.heard) == pytest.approx(1)
    assert to_json(to_object(week))
    empty = made(tmp_path / "empty", [], start, start + timedelta(days=1), BERLIN)
    assert empty.sources == []


def test_a_restart_does_not_break_a_stretch_and_what_goes_on_counts(tmp_path):
    start = local(BERLIN, 2026, 11, 14)
    hours = [start + timedelta(hours=n) for n in range(5)]
    played = [
        segment(hours[0], hours[1], seq=1, reason="restart"),
        segment(hours[1] + timedelta(seconds=1), hours[2], seq=2),
        state(hours[2], hours[3]),
    ]
    (one,) = made(tmp_path, played, start, hours[4], BERLIN).sources
    (stretch,) = one.longest
    assert (stretch.seconds, stretch.going_on) == (3 * 3600, True)
    assert one.total.followed_ms == 3 * HOUR_MS - 1000


def alarm(kind, since, time, seq, *, active):
    fields = {"kind": kind, "active": active, "since": since.isoformat(), "level_dbfs": -90.0}
    return event("alarm", time, fields, seq)


def test_alarms_are_paired_and_one_without_an_end_lasts_as_long_as_was_followed(tmp_path):
    start = local(BERLIN, 2026, 11, 14)
    h = [start + timedelta(hours=n) for n in range(12)]
    played = [
        segment(h[0], h[10], "silence", None, seq=1),
        alarm("dead_air", h[1], h[2], 2, active=True),
        alarm("clipping", h[2], h[2], 3, active=True),
        alarm("dead_air", h[1], h[5], 4, active=False),
        alarm("dead_air", h[8], h[9], 5, active=True),
    ]
    (one,) = made(tmp_path, played, h[0], h[11], BERLIN).sources
    assert [(span.kind, span.seconds / 3600, span.going_on) for span in one.alarms] == [
        ("dead_air", 4, False),
        ("clipping", 8, True),
        ("dead_air", 2, True),
    ]
    assert len(one.dead_air) == 2
    (later,) = made(tmp_path / "later", played, h[4], h[6], BERLIN).sources
    assert [span.seconds / 3600 for span in later.dead_air] == [1]


@pytest.mark.parametrize("day", [0, 1, 10])
def test_no_alarm_outlives_the_crash_that_kept_its_end_from_being_told(tmp_path, day):
    start = local(BERLIN, 2026, 11, 1)
    h = [start + timedelta(hours=n) for n in range(30)]
    played = [
        alarm("dead_air", h[1], h[2], 1, active=True),
        segment(h[1], h[3], "silence", None, seq=2, reason="restart"),
        segment(h[3], h[27], seq=3),
        segment(h[27], start + timedelta(days=12), seq=4),
    ]
    begins = start + timedelta(days=day)
    (one,) = made(tmp_path, played, begins, begins + timedelta(days=1), BERLIN).sources
    assert [(span.seconds / 3600, span.going_on) for span in one.dead_air] == (
        [(2, False)] if day == 0 else []
    )


def test_an_alarm_without_an_end_is_over_when_its_source_is_not_followed_any_more(tmp_path):
    start = local(BERLIN, 2026, 11, 1)
    h = [start + timedelta(hours=n) for n in range(5)]
    played = [alarm("dead_air", h[1], h[2], 1, active=True), segment(h[1], h[3], "silence", None, seq=2)]
    later = start + timedelta(days=5)
    (one,) = made(tmp_path, played, later, later + timedelta(days=2), BERLIN).sources
    assert (one.total.followed_ms, one.dead_air) == (0, [])


def test_centuries_before_the_first_stretch_are_left_out(tmp_path):
    """Every hour of a report is a row: those since the year 100 would not fit into memory."""
    start = local(BERLIN, 2024, 11, 14, 10)
    played = [segment(start, start + timedelta(hours=1))]
    end = start + timedelta(days=500)
    (one,) = made(tmp_path, played, datetime(100, 1, 1, tzinfo=UTC), end, BERLIN).sources
    assert len(one.days) == 501
    assert (one.days[0].name, one.total.followed_ms) == ("2024-11-14", HOUR_MS)
    recent = end - timedelta(days=100)
    (one,) = made(
        tmp_path / "recent", [segment(recent, end)], datetime(100, 1, 1, tzinfo=UTC), end, BERLIN
    ).sources
    assert len(one.days) == 401


def test_alarms_of_a_source_that_ended_no_stretch_are_shown(tmp_path):
    start = local(BERLIN, 2026, 11, 14)
    (one,) = made(
        tmp_path, [alarm("dead_air", start, start, 1, active=True)], start, start + timedelta(hours=1), BERLIN
    ).sources
    assert (one.total.followed_ms, len(one.dead_air)) == (0, 1)
