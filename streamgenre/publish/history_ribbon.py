"""Rows of coloured stretches: what a chart, a page or a terminal draws, in hours since a row began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from streamgenre.publish.history_hours import HOUR_MS
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_scale import Scale
from streamgenre.publish.history_stretches import Stretch


@dataclass(frozen=True, slots=True)
class RibbonPiece:
    """A stretch, or the part of it that lies in one row."""

    row: int
    """0 the first."""
    start_hours: float
    """Time passed since the row began: by the clock, but for days on which it is changed."""
    end_hours: float
    label: str
    stretch: Stretch | None
    """None in long reports, where an hour is drawn as what was heard most in it."""


@dataclass(frozen=True, slots=True)
class Ribbon:
    """All rows of one source."""

    scale: Scale
    pieces: list[RibbonPiece]
    dead_air: list[RibbonPiece]


def ribbon(report: HistoryReport, one: SourceReport, laid: Scale) -> Ribbon:
    """Lay what one source played on the rows."""
    spans = _stretches(one) if report.in_detail else _hours(report, one)
    pieces = [piece for span in spans for piece in _cut(span, laid)]
    dead = [(span.start_ms, span.end_ms, span.kind, None) for span in one.dead_air]
    return Ribbon(laid, pieces, [piece for span in dead for piece in _cut(span, laid)])


_Span = tuple[int, int, str, Stretch | None]


def _stretches(one: SourceReport) -> Iterator[_Span]:
    for stretch in one.stretches:
        yield stretch.start_ms, stretch.end_ms, stretch.label, stretch


def _hours(report: HistoryReport, one: SourceReport) -> Iterator[_Span]:
    """Yield hours as what was heard most in them, neighbours alike as one."""
    start_ms, end_ms, label = 0, 0, ""
    for hour, period in zip(report.hours, one.hours, strict=True):
        most = period.heard.most_common(1)[0][0] if period.heard else ""
        if most == label:
            end_ms = hour.end_ms
            continue
        if label:
            yield start_ms, end_ms, label, None
        start_ms, end_ms, label = hour.start_ms, hour.end_ms, most
    if label:
        yield start_ms, end_ms, label, None


def _cut(span: _Span, laid: Scale) -> Iterator[RibbonPiece]:
    at, end, label, stretch = span
    at, end = max(at, laid.rows[0].start_ms), min(end, laid.rows[-1].end_ms)
    while at < end and (index := laid.row_at(at)) is not None:
        row = laid.rows[index]
        stop = min(end, row.end_ms)
        begins, stops = ((moment - row.start_ms) / HOUR_MS for moment in (at, stop))
        yield RibbonPiece(index, begins, stops, label, stretch)
        at = stop
