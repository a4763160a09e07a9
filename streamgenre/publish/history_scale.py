"""How time is laid out: a row a day, a row a week, or one row of the time that matters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Literal

from streamgenre.publish.history_hours import HOUR_MS, at_zone, midnight
from streamgenre.publish.history_report import HistoryReport, SourceReport

Unit = Literal["time", "day", "week"]
DAY_SECONDS = 86_400
ONE_ROW_MS = 25 * HOUR_MS
"""A longer time is a row a day; a day on which the clock is put back is still one."""
BRIEF_MS = 6 * HOUR_MS
"""Of a long time nothing but this was recorded: then it alone is drawn."""
NEARLY_EMPTY = 4
"""A time of which less than one part in so many was recorded is drawn from there to there."""
LEAST_MS = 1000
STEPS_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200),
    *(days * DAY_SECONDS for days in (1, 2, 7, 14, 28, 56, 112, 364)),
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Row:
    """The time that one row of a ribbon has room for."""

    begins: date
    start_ms: int
    """Since 1970, UTC."""
    end_ms: int

    @property
    def hours(self) -> float:
        return (self.end_ms - self.start_ms) / HOUR_MS


@dataclass(frozen=True, slots=True)
class Tick:
    """A time named beside the rows."""

    hours: float
    """Since the beginning of a row."""
    words: str


@dataclass(frozen=True, slots=True)
class Scale:
    """All rows, on one axis."""

    unit: Unit
    """time: one row, from moment to moment; day and week: rows of the calendar."""
    rows: list[Row]

    @property
    def hours(self) -> float:
        """Length of the axis: of the longest row, and of a day at least 24."""
        longest = max(row.hours for row in self.rows)
        return longest if self.unit == "time" else max({"day": 24.0, "week": 168.0}[self.unit], longest)

    def row_at(self, ms: int) -> int | None:
        """Return in which row a moment lies; None: in none."""
        index = bisect_right(self.rows, ms, key=lambda row: row.start_ms) - 1
        return index if index >= 0 and ms < self.rows[index].end_ms else None


def scale(report: HistoryReport, *, weekly: bool = False) -> Scale | None:
    """Lay out what was recorded; what comes before and after is left out. None: nothing was recorded."""
    span = recorded(report)
    if span is None:
        return None
    if report.in_detail and (one_row := _brief(report, span)):
        return _one_row(*one_row, report.zone)
    first, last = (at_zone(ms, report.zone).date() for ms in (span[0], span[1] - 1))
    if weekly:
        return Scale("week", list(_rows(first - timedelta(days=first.weekday()), last, 7, report.zone)))
    return Scale("day", list(_rows(first, last, 1, report.zone)))


def _brief(report: HistoryReport, span: tuple[int, int]) -> tuple[int, int] | None:
    """Return what one row should show: what was recorded, or the time asked for; None: days are better."""
    window, known = report.end_ms - report.start_ms, span[1] - span[0]
    if window > ONE_ROW_MS:
        return span if known <= BRIEF_MS else None
    return span if known * NEARLY_EMPTY <= window else (report.start_ms, report.end_ms)


def whole(report: HistoryReport) -> Scale | None:
    """Lay out what was recorded in one row, however long it is."""
    laid = scale(report)
    if laid is None or laid.unit == "time":
        return laid
    start, end = laid.rows[0].start_ms, laid.rows[-1].end_ms
    return _one_row(max(start, report.start_ms), min(end, report.end_ms), report.zone)


def recorded(report: HistoryReport) -> tuple[int, int] | None:
    """Return from when to when anything is known of any source; None: never."""
    spans = [span for one in report.sources for span in _known(report, one)]
    if not spans:
        return None
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return start, max(end, start + LEAST_MS)


def ticks(laid: Scale, zone: tzinfo, most: int) -> list[Tick]:
    """Name times along the axis, at full hours or the like, `most` or fewer but for those of days."""
    if laid.unit == "day":
        step = next((hours for hours in (3, 6) if 24 / hours + 1 <= most), 12)
        return [Tick(hour, f"{hour:02d}:00") for hour in range(0, 25, step)]
    if laid.unit == "week":
        return [Tick(24 * day, words) for day, words in enumerate(WEEKDAYS)]
    (row,) = laid.rows
    seconds = (row.end_ms - row.start_ms) / 1000
    step = next((step for step in STEPS_SECONDS if seconds / step <= max(1, most)), STEPS_SECONDS[-1])
    form = "%d %b" if step >= DAY_SECONDS else "%H:%M" if step >= 60 else "%H:%M:%S"
    return [
        Tick((ms - row.start_ms) / HOUR_MS, f"{at_zone(ms, zone):{form}}") for ms in _round(row, step, zone)
    ]


def _round(row: Row, step: int, zone: tzinfo) -> Iterator[int]:
    """Yield the moments at which the clock on the wall shows a multiple of the step."""
    if step >= DAY_SECONDS:
        day = row.begins if midnight(row.begins, zone) >= row.start_ms else row.begins + timedelta(days=1)
        while (at := midnight(day, zone)) <= row.end_ms:
            yield at
            day += timedelta(seconds=step)
        return
    offset = at_zone(row.start_ms, zone).utcoffset() or timedelta()
    ahead_ms, step_ms = round(offset.total_seconds() * 1000), step * 1000
    first = -(-(row.start_ms + ahead_ms) // step_ms) * step_ms - ahead_ms
    yield from range(first, row.end_ms + 1, step_ms)


def _one_row(start_ms: int, end_ms: int, zone: tzinfo) -> Scale:
    return Scale("time", [Row(at_zone(start_ms, zone).date(), start_ms, end_ms)])


def _rows(first: date, last: date, days: int, zone: tzinfo) -> Iterator[Row]:
    while first <= last:
        after = first + timedelta(days=days)
        yield Row(first, midnight(first, zone), midnight(after, zone))
        first = after


def _known(report: HistoryReport, one: SourceReport) -> Iterator[tuple[int, int]]:
    yield from ((span.start_ms, span.end_ms) for span in one.alarms)
    if report.in_detail:
        yield from ((stretch.start_ms, stretch.end_ms) for stretch in one.stretches)
        return
    for hour, period in zip(report.hours, one.hours, strict=True):
        if period.heard:
            yield hour.start_ms, hour.end_ms
