"""Days as rows of coloured stretches: what a chart or a page draws, in hours since midnight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from streamgenre.publish.history_hours import HOUR_MS, midnight
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_stretches import Stretch


@dataclass(frozen=True, slots=True)
class RibbonPiece:
    """A stretch, or the part of it that lies in one day."""

    row: int
    """Which day of the ribbon, 0 the first."""
    start_hours: float
    """Time passed since the day began: by the clock, but for days on which it is changed."""
    end_hours: float
    label: str
    stretch: Stretch | None
    """None in long reports, where an hour is drawn as what was heard most in it."""


@dataclass(frozen=True, slots=True)
class Ribbon:
    """All days of one source."""

    days: list[date]
    hours: list[float]
    """Length of each day: 24, or 23 or 25 where the clock is changed."""
    pieces: list[RibbonPiece]
    dead_air: list[RibbonPiece]


def ribbon(report: HistoryReport, one: SourceReport) -> Ribbon:
    """Lay out the days of one source."""
    days = sorted({hour.day for hour in report.hours})
    begins = [midnight(day, report.zone) for day in (*days, days[-1] + timedelta(days=1))]
    midnights, ends = begins[:-1], begins[1:]
    lengths = [(end - start) / HOUR_MS for start, end in zip(midnights, ends, strict=True)]
    spans = _stretches(one) if report.in_detail else _hours(report, one)
    pieces = [piece for span in spans for piece in _cut(span, midnights, ends)]
    dead = [(span.start_ms, span.end_ms, span.kind, None) for span in one.dead_air]
    dead_pieces = [piece for span in dead for piece in _cut(span, midnights, ends)]
    return Ribbon(days, lengths, pieces, dead_pieces)


_Span = tuple[int, int, str, Stretch | None]


def _stretches(one: SourceReport) -> Iterator[_Span]:
    for stretch in one.stretches:
        yield stretch.start_ms, stretch.end_ms, stretch.label, stretch


def _hours(report: HistoryReport, one: SourceReport) -> Iterator[_Span]:
    for hour, period in zip(report.hours, one.hours, strict=True):
        if period.heard:
            yield hour.start_ms, hour.end_ms, period.heard.most_common(1)[0][0], None


def _cut(span: _Span, midnights: list[int], ends: list[int]) -> Iterator[RibbonPiece]:
    at, end, label, stretch = span
    row = bisect_right(midnights, at) - 1
    while at < end:
        stop = min(end, ends[row])
        begins, stops = ((moment - midnights[row]) / HOUR_MS for moment in (at, stop))
        yield RibbonPiece(row, begins, stops, label, stretch)
        at, row = stop, row + 1
