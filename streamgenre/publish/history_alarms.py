"""From the events of alarms to the times they were on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from streamgenre.publish.history_reader import HistoryRow


@dataclass(frozen=True, slots=True)
class AlarmSpan:
    """One alarm, as far as it lies within the report."""

    kind: str
    start_ms: int
    """When what it tells of began, since 1970, UTC."""
    end_ms: int
    going_on: bool = False
    """No end was told."""

    @property
    def seconds(self) -> float:
        return (self.end_ms - self.start_ms) / 1000


def alarm_spans(rows: Iterable[HistoryRow], start_ms: int, end_ms: int) -> list[AlarmSpan]:
    """Pair begins with ends; what no end was told of lasts to the next of its kind, or to `end_ms`.

    Segments among the rows are those that a crash closed: no alarm outlived it.
    """
    spans: list[AlarmSpan] = []
    last: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.row_id):
        payload = row.payload
        if payload["type"] == "segment":
            spans = [_cut_short(span, row.end_ms) for span in spans]
            continue
        kind: str = payload["kind"]
        index = last.get(kind)
        before = spans[index] if index is not None else None
        if before is not None and index is not None and (before.going_on or _is_end_of(before, row)):
            ended = row.end_ms if not payload["active"] else max(row.start_ms, before.start_ms)
            spans[index] = replace(before, end_ms=ended, going_on=False)
            if not payload["active"]:
                continue
        last[kind] = len(spans)
        spans.append(_span(row, kind, end_ms, active=payload["active"]))
    return [
        _clipped(span, start_ms, end_ms)
        for span in spans
        if span.start_ms <= end_ms and (start_ms < span.end_ms or start_ms <= span.start_ms)
    ]


def _span(row: HistoryRow, kind: str, end_ms: int, *, active: bool) -> AlarmSpan:
    return AlarmSpan(kind, row.start_ms, max(end_ms, row.end_ms) if active else row.end_ms, going_on=active)


def _is_end_of(span: AlarmSpan, row: HistoryRow) -> bool:
    """Whether it tells the end of what a crash has cut short: that is told after the next start."""
    return not row.payload["active"] and row.start_ms == span.start_ms


def _cut_short(span: AlarmSpan, crash_ms: int) -> AlarmSpan:
    return replace(span, end_ms=max(span.start_ms, crash_ms), going_on=False) if span.going_on else span


def _clipped(span: AlarmSpan, start_ms: int, end_ms: int) -> AlarmSpan:
    return replace(span, start_ms=max(span.start_ms, start_ms), end_ms=min(span.end_ms, end_ms))
