"""Several sources beside each other: a table with a line a source, and their ribbons under one scale."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from streamgenre.cli.history_bars import most_heard, short_label
from streamgenre.cli.history_paper import Paper
from streamgenre.cli.history_ribbon import Grid, cell_line, explanation, row_cells, tick_line
from streamgenre.cli.history_spans import MOST_SPANS, span_cells
from streamgenre.publish.dashboard.palette import DIM
from streamgenre.publish.dashboard.text import pad, shorten
from streamgenre.publish.history_report import HistoryReport, SourceReport
from streamgenre.publish.history_ribbon import ribbon
from streamgenre.publish.history_scale import whole
from streamgenre.publish.history_summary import DeadAir
from streamgenre.publish.history_text import length, percent

NAME_WIDTH = 22


def sources_table(paper: Paper, report: HistoryReport) -> Table:
    """Return a line for each source: how much of the time, what, and its dead air."""
    headings = ["source", "followed", "music", "speech", "silent", "dead air", "in all", "longest", "most"]
    kept = headings if paper.width >= 90 else [one for one in headings if one not in ("most", "longest")]
    if paper.width < 66:
        kept = ["source", "followed", "music", "dead air"]
    table = paper.table(*kept)
    for one in report.sources:
        cells = dict(zip(headings, _figures(paper, one), strict=True))
        table.add_row(*(paper.text(cells[heading]) for heading in kept))
    return table


def _figures(paper: Paper, one: SourceReport) -> tuple[str, ...]:
    followed, dead = one.total.followed_ms, DeadAir.of(one)
    parts = [
        one.statuses["music"],
        one.statuses["speech"],
        one.statuses["silence"] + one.statuses["no_signal"],
    ]
    return (
        source_name(paper, one),
        percent(followed / (one.total.length_ms or 1)),
        *(percent(ms / followed) if followed else "" for ms in parts),
        f"{dead.times} ×" if dead.times else "",
        length(dead.seconds) if dead.times else "",
        length(dead.longest_seconds) if dead.times else "",
        most_heard(paper, one.total, 1),
    )


def source_ribbons(paper: Paper, report: HistoryReport) -> tuple[str, list[Text]]:
    """Return what a cell is, and a ribbon for each source under one scale."""
    laid = whole(report)
    if laid is None:
        return "", []
    names = [source_name(paper, one) for one in report.sources]
    name_width = min(max(map(cell_len, names)), paper.width // 3) + 1
    grid = Grid.of(laid, paper.width, name_width)
    lines = [tick_line(paper, grid, report.zone)]
    marked = False
    for name, one in zip(names, report.sources, strict=True):
        drawn = ribbon(report, one, laid)
        marked = marked or bool(drawn.dead_air)
        cells = cell_line(paper, row_cells(drawn, 0, grid, paper.shown))
        lines.append(Text.assemble((pad(name, name_width - 1, paper.look), DIM), " ", cells))
    return explanation(paper, grid, marked=marked), lines


def legend(paper: Paper, labels: Iterable[str]) -> Text:
    """Return the sign and name of each label, as many a line as there is room for."""
    lines, used = Text(), 0
    for label in labels:
        words = f" {short_label(paper, label)}  "
        if used and used + 3 + cell_len(words) > paper.width:
            lines.append("\n")
            used = 0
        lines.append_text(paper.swatch(label)).append(words)
        used += 3 + cell_len(words)
    return lines


def fleet_dead_air(paper: Paper, report: HistoryReport) -> tuple[str, Table]:
    """Return the longest dead air of all sources, longest first."""
    spans = [(span, one) for one in report.sources for span in one.dead_air]
    spans.sort(key=lambda pair: (-pair[0].seconds, pair[0].start_ms))
    chosen = spans[:MOST_SPANS] if paper.cut else spans
    table = paper.table("source", "from", "to", "length")
    for span, one in chosen:
        cells = (source_name(paper, one), *span_cells(paper, report, span))
        table.add_row(*(paper.text(cell) for cell in cells))
    cut = len(chosen) < len(spans)
    words = f"Dead air, the {len(chosen)} longest of {len(spans)} (all: --format csv)" if cut else "Dead air"
    return words, table


def source_name(paper: Paper, one: SourceReport) -> str:
    """Return node and id, cut where columns count."""
    name = paper.say(f"{one.node}/{one.source}")
    return shorten(name, min(NAME_WIDTH, paper.width // 3), paper.look) if paper.cut else name
