"""Tables of a report on a terminal: days, longest stretches, dead air, other alarms."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from streamgenre.cli.history_bars import most_heard, short_label
from streamgenre.cli.history_paper import Paper
from streamgenre.publish.history_alarms import AlarmSpan
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_rows import dead_air_in, heard_in
from streamgenre.publish.history_scale import Scale
from streamgenre.publish.history_summary import lasted
from streamgenre.publish.history_text import length, spoken

MOST_SPANS = 12
"""On a terminal; elsewhere all are told."""


def by_row(paper: Paper, report: HistoryReport, one: SourceReport, laid: Scale) -> Table:
    """Return a line for each day or week that was followed."""
    marked = ("dead air",) if one.dead_air and paper.width >= 60 else ()
    table = paper.table("", "followed", *marked, "most")
    for row, period in zip(laid.rows, heard_in(report, one, laid), strict=True):
        times, seconds = dead_air_in(one, row)
        if period.followed_ms or times:
            dead = [f"{times} ×, {length(seconds)}" if times else ""][: len(marked)]
            name = period.name if paper.roomy else f"{row.begins:%d %b}"
            most = most_heard(paper, period, 3 if paper.width < 100 else 5)
            cells = (name, length(period.followed_ms / 1000), *dead, most)
            table.add_row(*(paper.text(cell) for cell in cells))
    return paper.settled(table)


def longest(paper: Paper, report: HistoryReport, one: SourceReport) -> Table:
    """Return the longest stretches, longest first."""
    titled = ("title",) if paper.width >= 60 and any(stretch.title for stretch in one.longest) else ()
    table = paper.table("", "from", "length", *titled)
    for stretch in one.longest:
        cells = [
            short_label(paper, stretch.label),
            paper.when(stretch.start_ms, report.zone),
            lasted(report, stretch),
        ]
        table.add_row(*(paper.text(cell) for cell in [*cells, stretch.title or ""][: 3 + len(titled)]))
    return paper.settled(table) if titled else table


def dead_air(paper: Paper, report: HistoryReport, one: SourceReport) -> tuple[str, Table]:
    """Return a heading and the stretches of dead air in order; of too many the longest."""
    heading, spans = _chosen(paper, "Dead air", one.dead_air)
    table = paper.table("from", "to", "length")
    for span in spans:
        table.add_row(*(paper.text(cell) for cell in span_cells(paper, report, span)))
    return heading, table


def other_alarms(paper: Paper, report: HistoryReport, one: SourceReport) -> tuple[str, Table]:
    """Return a heading and the alarms but for dead air."""
    heading, spans = _chosen(paper, "Other alarms", [span for span in one.alarms if span.kind != "dead_air"])
    table = paper.table("", "from", "to", "length")
    for span in spans:
        table.add_row(*(paper.text(cell) for cell in (spoken(span.kind), *span_cells(paper, report, span))))
    return heading, table


def span_cells(paper: Paper, report: HistoryReport, span: AlarmSpan) -> tuple[str, str, str]:
    """Return beginning, end and length; the end without its date where that is the same."""
    begins, ends = (at_zone(ms, report.zone) for ms in (span.start_ms, span.end_ms))
    same = begins.date() == ends.date()
    end = "" if span.going_on else f"{ends:%H:%M:%S}" if same else paper.when(span.end_ms, report.zone)
    return paper.when(span.start_ms, report.zone), end, lasted(report, span)


def _chosen(paper: Paper, name: str, spans: Sequence[AlarmSpan]) -> tuple[str, list[AlarmSpan]]:
    if not paper.cut or len(spans) <= MOST_SPANS:
        return name, list(spans)
    chosen = sorted(spans, key=lambda span: -span.seconds)[:MOST_SPANS]
    return (
        f"{name}, the {MOST_SPANS} longest of {len(spans)} (all: --format csv)",
        sorted(chosen, key=lambda span: span.start_ms),
    )
