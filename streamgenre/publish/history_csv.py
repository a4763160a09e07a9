"""The history as CSV that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_reader import HistoryRow
from streamgenre.publish.history_report import HistoryReport, Period, SourceReport
from streamgenre.publish.history_text import printable

EVENT_COLUMNS = (
    "type", "node", "source", "seq", "start", "end", "seconds", "status", "genre", "mean_confidence", "title",
    "previous", "state", "kind", "active", "from", "to", "level_dbfs", "reason",
)  # fmt: skip
REPORT_COLUMNS = ("node", "source", "period", "name", "start", "end", "label", "seconds", "share")
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
"""A cell that begins so is computed by spreadsheets; a title from a station must not be."""


def events_csv(rows: Iterable[HistoryRow], zone: tzinfo) -> Iterator[str]:
    """Yield a header and a line a row; times are the zone's, with their offset."""
    yield _line(EVENT_COLUMNS)
    for row in rows:
        cells = _event_cells(row, zone)
        yield _line([cells.get(name) for name in EVENT_COLUMNS])


def report_csv(report: HistoryReport) -> Iterator[str]:
    """Yield the report in long form: a line for each label of each period, stretch and alarm."""
    yield _line(REPORT_COLUMNS)
    for one in report.sources:
        for what, periods in (
            ("total", [one.total]),
            ("day", one.days),
            ("hour", one.hours),
            ("hour_of_day", one.hours_of_day),
        ):
            for period in periods:
                yield from _period_lines(one, what, period)
        yield from _span_lines(one, report.zone)


def _event_cells(row: HistoryRow, zone: tzinfo) -> Mapping[str, Any]:
    payload = row.payload
    moment = row.start_ms == row.end_ms
    cells = payload | {
        "start": _local(row.start_ms, zone),
        "end": None if moment or row.going_on else _local(row.end_ms, zone),
        "seconds": None if moment else (row.end_ms - row.start_ms) / 1000,
    }
    if row.going_on:
        cells |= {"type": "segment", "seq": None, "reason": "going on"}
    if payload["type"] == "change":
        cells |= {side: payload[side]["genre"] or payload[side]["status"] for side in ("from", "to")}
    return cells


def _period_lines(one: SourceReport, what: str, period: Period) -> Iterator[str]:
    for label, ms in period.heard.most_common():
        share = round(period.share(label), 4)
        yield _line([one.node, one.source, what, period.name, None, None, label, ms / 1000, share])


def _span_lines(one: SourceReport, zone: tzinfo) -> Iterator[str]:
    stretches = [("longest", stretch.label, stretch) for stretch in one.longest]
    alarms = [("alarm", span.kind, span) for span in one.alarms]
    for what, label, span in (*stretches, *alarms):
        end = None if span.going_on else _local(span.end_ms, zone)
        start = _local(span.start_ms, zone)
        yield _line([one.node, one.source, what, None, start, end, label, span.seconds, None])


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _local(ms: int, zone: tzinfo) -> str:
    return at_zone(ms, zone).isoformat(timespec="milliseconds")
