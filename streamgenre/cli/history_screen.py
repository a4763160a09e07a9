"""A report as a person reads it: ribbon, shares, hours of the day, dead air, longest stretches."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from streamgenre.cli import history_bars, history_sources, history_spans
from streamgenre.cli.history_paper import Paper
from streamgenre.cli.history_ribbon import Grid, explanation, ribbon_lines
from streamgenre.publish.dashboard.palette import BOLD, DIM
from streamgenre.publish.history_colours import labels_shown
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_ribbon import ribbon
from streamgenre.publish.history_scale import Scale, scale
from streamgenre.publish.history_summary import summary

MOST_IN_DETAIL = 8
"""Of more sources only what compares them is shown."""
MOST_DAYS = 62
"""Beyond, a row is a week."""

Part = tuple[str, RenderableType]


def print_report(console: Console, report: HistoryReport) -> None:
    """Print the report as wide as the console is."""
    paper = Paper.of(console, labels_shown(report))
    laid = _scale(report)
    begins, ends = (at_zone(ms, report.zone) for ms in (report.start_ms, report.end_ms))
    form = "%a %d %b %Y %H:%M"
    _print_head(console, paper, f"{begins:{form}} – {ends:{form}} · {report.zone_name}")
    if laid is None:
        console.print("Nothing was recorded in this time.")
        return
    if len(report.sources) > 1:
        _print_all(console, paper, report)
    if len(report.sources) > MOST_IN_DETAIL:
        console.print(Text("\nOne of them in detail: --source NAME", DIM))
        return
    for one in report.sources:
        _print_source(console, paper, report, one, laid)


def _scale(report: HistoryReport) -> Scale | None:
    daily = scale(report)
    return scale(report, weekly=True) if daily and len(daily.rows) > MOST_DAYS else daily


def _print_head(console: Console, paper: Paper, when: str) -> None:
    what, words = "What played", paper.say(when)
    gap = "  " if not paper.cut or len(what) + 2 + cell_len(words) <= paper.width else "\n"
    console.print(Text.assemble((what, BOLD), gap, (words, DIM)))


def _print_all(console: Console, paper: Paper, report: HistoryReport) -> None:
    _print_part(console, paper, "All sources", history_sources.sources_table(paper, report))
    explained, lines = history_sources.source_ribbons(paper, report)
    _print_part(console, paper, "Side by side", Group(*lines), explained)
    console.print(history_sources.legend(paper, paper.shown))
    heading, table = history_sources.fleet_dead_air(paper, report)
    if table.row_count and len(report.sources) > MOST_IN_DETAIL:
        _print_part(console, paper, heading, table)


def _print_source(
    console: Console, paper: Paper, report: HistoryReport, one: SourceReport, laid: Scale
) -> None:
    name, node = paper.say(one.source), paper.say(f" · {one.node} ")
    rule = paper.look.signs.rule * max(0, paper.width - cell_len(name + node))
    console.print(Text.assemble("\n", (name, BOLD), (node, DIM), (rule, DIM)))
    if not one.total.followed_ms and not one.alarms:
        console.print("Nothing was recorded of it in this time.")
        return
    console.print(paper.text(summary(one)))
    drawn = ribbon(report, one, laid)
    explained = explanation(paper, Grid.of(laid, paper.width), marked=bool(drawn.dead_air))
    _print_part(
        console, paper, "What played when", Group(*ribbon_lines(paper, drawn, report.zone)), explained
    )
    half = paper.narrower((paper.width - 4) // 2) if paper.wide else paper
    left, right = list(_left(half, report, one)), list(_right(half, report, one, laid))
    if paper.wide:
        columns = Table.grid(padding=(0, 4, 0, 0))
        columns.add_column(width=half.width)
        columns.add_column(width=half.width)
        columns.add_row(*(Group(*(_part(half, *part) for part in parts)) for parts in (left, right)))
        console.print(columns)
        return
    for heading, body in (*left, *right):
        _print_part(console, paper, heading, body)


def _left(paper: Paper, report: HistoryReport, one: SourceReport) -> Iterator[Part]:
    if one.total.followed_ms:
        yield (
            "Shares of the time followed",
            Group(history_bars.shares(paper, one), Text("\n") + history_bars.statuses(paper, one)),
        )
    yield from _unless_empty("Longest stretches", history_spans.longest(paper, report, one))
    yield from _unless_empty(*history_spans.dead_air(paper, report, one))
    yield from _unless_empty(*history_spans.other_alarms(paper, report, one))


def _right(paper: Paper, report: HistoryReport, one: SourceReport, laid: Scale) -> Iterator[Part]:
    hours = history_bars.hours_of_day(paper, one)
    if len(hours) > 1:
        yield "By hour of the day", Group(*hours)
    if laid.unit != "time":
        table = history_spans.by_row(paper, report, one, laid)
        yield from _unless_empty("By week" if laid.unit == "week" else "By day", table)


def _unless_empty(heading: str, table: Table) -> Iterator[Part]:
    if table.row_count:
        yield heading, table


def _print_part(
    console: Console, paper: Paper, heading: str, body: RenderableType, explained: str = ""
) -> None:
    console.print(_part(paper, heading, body, explained))


def _part(paper: Paper, heading: str, body: RenderableType, explained: str = "") -> Group:
    more = f"  {paper.say(explained)}" if explained else ""
    return Group(Text.assemble("\n", paper.heading(heading), (more, DIM)), body)
