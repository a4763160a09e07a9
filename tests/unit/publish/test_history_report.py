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
from streamgenre.publish.history_rows import dead_air_in, heard_in
from streamgenre.publish.history_scale import scale, ticks, whole
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
    laid = scale(made_report)
    assert laid is not None
    assert ([row.hours for row in laid.rows], laid.hours) == ([hours], hours)
    (piece,) = ribbon(made_report, one, laid).pieces
    assert (piece.start_hours, piece.end_hours) == (0, hours)
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


@pytest.mark.parametrize("crashed", [False, True])
def test_dead_air_of_many_months_is_still_dead_air(tmp_path, crashed):
    now = local(BERLIN, 2026, 11, 21)
    since, week = now - timedelta(days=200), now - timedelta(days=7)
    later = since + timedelta(days=9)
    played = [
        alarm("dead_air", since, since + timedelta(seconds=30), 1, active=True),
        segment(since, later, "silence", None, seq=2, reason="restart" if crashed else "change"),
        alarm("overload", later, later, 3, active=True),
        alarm("overload", later, later + timedelta(hours=1), 4, active=False),
        state(later, now, "silence", None),
    ]
    (one,) = made(tmp_path, played, week, now, BERLIN).sources
    assert [(span.kind, span.seconds) for span in one.alarms] == (
        [] if crashed else [("dead_air", 7 * 86_400)]
    )


@pytest.mark.parametrize("end_is_told_first", [False, True])
def test_dead_air_whose_end_is_told_after_a_crash_counts_once(tmp_path, end_is_told_first):
    """The next start closes the stretch and ends its alarms, in this order."""
    start = local(BERLIN, 2026, 11, 1)
    h = [start + timedelta(hours=n) for n in range(5)]
    told = [
        segment(h[1], h[3], "silence", None, seq=2, reason="restart"),
        alarm("dead_air", h[1], h[3], 3, active=False),
    ]
    played = [alarm("dead_air", h[1], h[1], 1, active=True), *(told[::-1] if end_is_told_first else told)]
    (one,) = made(tmp_path, played, start, h[4], BERLIN).sources
    assert [(span.seconds / 3600, span.going_on) for span in one.dead_air] == [(2, False)]


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


def test_a_month_in_which_the_clock_is_put_back_is_still_told_stretch_by_stretch(tmp_path):
    start, end = local(BERLIN, 2026, 10, 1), local(BERLIN, 2026, 11, 1)
    october = made(tmp_path, [segment(start, end)], start, end, BERLIN)
    assert (october.end_ms - october.start_ms) / HOUR_MS == 31 * 24 + 1
    assert october.in_detail
    laid = scale(october)
    assert laid is not None
    assert (len(laid.rows), laid.unit, laid.hours) == (31, "day", 25)


@pytest.mark.parametrize(
    ("days", "plays", "unit", "rows", "words"),
    [
        (7, (12, 0.05), "time", 1, ["12:00:00", "12:00:30", "12:01:00"]),  # three minutes of a week
        (7, (12, 30), "day", 2, ["00:00", "03:00"]),
        (1, (0, 24), "time", 1, ["00:00", "03:00"]),
        (1, (10, 1), "time", 1, ["10:00", "10:10"]),
        (1, (10, 12), "time", 1, ["00:00", "03:00"]),
        (60, (12, 24 * 40), "day", 41, ["00:00", "03:00"]),
    ],
)
def test_what_was_recorded_is_drawn_and_what_lies_around_it_is_left_out(
    tmp_path, days, plays, unit, rows, words
):
    start = local(BERLIN, 2026, 11, 2)
    begins = start + timedelta(hours=plays[0])
    played = [segment(begins, begins + timedelta(hours=plays[1]))]
    report_made = made(tmp_path, played, start, start + timedelta(days=days), BERLIN)
    laid = scale(report_made)
    assert laid is not None
    assert (laid.unit, len(laid.rows)) == (unit, rows)
    assert [tick.words for tick in ticks(laid, BERLIN, 9)][: len(words)] == words
    drawn = ribbon(report_made, report_made.sources[0], laid)
    assert sum(piece.end_hours - piece.start_hours for piece in drawn.pieces) == pytest.approx(plays[1])


def test_days_and_weeks_add_up_to_what_was_heard(tmp_path):
    start = local(BERLIN, 2026, 11, 14)
    week = made(tmp_path, events(), start, start + timedelta(days=7), BERLIN)
    (one,) = week.sources
    for laid in (scale(week), scale(week, weekly=True), whole(week)):
        assert laid is not None
        periods = heard_in(week, one, laid)
        assert sum((period.heard for period in periods), start=type(one.total.heard)()) == one.total.heard
        dead = [dead_air_in(one, row) for row in laid.rows]
        assert sum(times for times, _ in dead) == len(one.dead_air) == 2
        assert sum(seconds for _, seconds in dead) == pytest.approx(190)


def test_a_tick_is_where_the_clock_shows_it_also_after_it_was_changed(tmp_path):
    start, end = local(BERLIN, 2026, 10, 24), local(BERLIN, 2026, 10, 28)
    laid = whole(made(tmp_path, [segment(start, end)], start, end, BERLIN))
    assert laid is not None
    assert [(tick.words, tick.hours) for tick in ticks(laid, BERLIN, 5)] == [
        ("24 Oct", 0), ("25 Oct", 24), ("26 Oct", 49), ("27 Oct", 73), ("28 Oct", 97),
    ]  # fmt: skip


def test_a_source_of_which_nothing_is_known_has_no_scale(tmp_path):
    start = local(BERLIN, 2026, 11, 14)
    assert scale(made(tmp_path, [], start, start + timedelta(days=1), BERLIN)) is None
