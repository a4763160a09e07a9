"""Figures of each row of a ribbon: what was heard in a day or a week, and its dead air."""

from __future__ import annotations

from collections import Counter

from streamgenre.publish.history_report import HistoryReport, Period, SourceReport
from streamgenre.publish.history_scale import Row, Scale


def heard_in(report: HistoryReport, one: SourceReport, laid: Scale) -> list[Period]:
    """Return a period for each row; a week is named by its first day."""
    heard: list[Counter[str]] = [Counter() for _ in laid.rows]
    lengths = [0] * len(laid.rows)
    for hour, period in zip(report.hours, one.hours, strict=True):
        if (index := laid.row_at(hour.start_ms)) is not None:
            heard[index].update(period.heard)
            lengths[index] += period.length_ms
    return [
        Period(row.begins.isoformat(), ms, counted)
        for row, ms, counted in zip(laid.rows, lengths, heard, strict=True)
    ]


def dead_air_in(one: SourceReport, row: Row) -> tuple[int, float]:
    """Return how often and for how many seconds there was dead air in a row."""
    parts = [
        (min(span.end_ms, row.end_ms) - max(span.start_ms, row.start_ms)) / 1000
        for span in one.dead_air
        if span.start_ms < row.end_ms and (span.end_ms > row.start_ms or span.start_ms >= row.start_ms)
    ]
    return len(parts), sum(parts)
