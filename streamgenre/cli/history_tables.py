"""Rows of the history as lines, a column each for when, how long, where, what and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from streamgenre.cli.history_paper import Paper
from streamgenre.publish.dashboard.palette import BOLD, DIM
from streamgenre.publish.dashboard.text import shorten
from streamgenre.publish.history_reader import HistoryRow
from streamgenre.publish.history_text import length, percent, spoken
from streamgenre.publish.payload import Payload

HEADINGS = ("from", "length", "source", "what", "confidence", "title or reason")
FIGURES = ("length", "confidence")
LENGTH, SOURCE, WHAT, CONFIDENCE, TITLE = 1, 2, 3, 4, 5
LONGEST_WHAT = 24
LEAST_TITLE = 8
GAP = "  "
SPACIOUS = 110
"""Columns at which everything has room."""


@dataclass(frozen=True, slots=True)
class _Line:
    cells: tuple[str, ...]
    bold: bool
    """A stretch, not what happened in it."""


def print_rows(console: Console, rows: Iterable[HistoryRow], zone: tzinfo) -> None:
    """Print a line a row; on a terminal the last column is cut where it does not fit."""
    paper = Paper.of(console)
    lines = [_line(paper, row, zone) for row in rows]
    needed = [
        max([cell_len(head), *(cell_len(line.cells[column]) for line in lines)])
        for column, head in enumerate(HEADINGS)
    ]
    columns = _columns(paper, lines, needed)
    heads, widths = [HEADINGS[column] for column in columns], [needed[column] for column in columns]
    if paper.cut:
        widths[-1] = max(4, paper.width - sum(widths[:-1]) - len(GAP) * (len(widths) - 1))
    head_line = _laid_out(paper, heads, heads, widths)
    head_line.stylize(DIM)
    _print(console, head_line, paper)
    for line in lines:
        cells = [line.cells[column] for column in columns]
        drawn = _laid_out(paper, cells, heads, widths)
        if paper.cut and line.bold:
            at = sum(widths[: columns.index(WHAT)]) + len(GAP) * columns.index(WHAT)
            drawn.stylize(BOLD, at, at + len(line.cells[WHAT]))
        _print(console, drawn, paper)


def _columns(paper: Paper, lines: Sequence[_Line], needed: Sequence[int]) -> list[int]:
    """Return which columns are shown: where room is short fewer, but always when and what."""
    columns = list(range(len(HEADINGS)))
    if not paper.cut or paper.width >= SPACIOUS:
        return columns
    if len({line.cells[SOURCE] for line in lines}) < 2:
        columns.remove(SOURCE)
    if not paper.roomy:
        columns.remove(CONFIDENCE)
    for yields in (CONFIDENCE, TITLE, SOURCE, LENGTH):
        taken = sum(LEAST_TITLE if column == TITLE else needed[column] for column in columns)
        if yields in columns and taken + len(GAP) * (len(columns) - 1) > paper.width:
            columns.remove(yields)
    return columns


def _laid_out(paper: Paper, cells: Sequence[str], heads: Sequence[str], widths: Sequence[int]) -> Text:
    *parts, last = [
        " " * (width - cell_len(cell)) + cell if head in FIGURES else cell + " " * (width - cell_len(cell))
        for cell, head, width in zip(cells, heads, widths, strict=True)
    ]
    if paper.cut:
        last = shorten(last.rstrip(), widths[-1], paper.look)
    return Text(GAP.join([*parts, last]).rstrip())


def _print(console: Console, line: Text, paper: Paper) -> None:
    if paper.cut:
        console.print(line, no_wrap=True, crop=True)
    else:
        console.file.write(f"{line.plain}\n")


def _line(paper: Paper, row: HistoryRow, zone: tzinfo) -> _Line:
    payload = row.payload
    confidence = payload.get("mean_confidence", payload.get("confidence"))
    narrow = paper.cut and paper.width < SPACIOUS
    cells = (
        paper.narrower(0).when(row.start_ms, zone) if narrow else paper.when(row.start_ms, zone),
        _length(row),
        f"{payload['node']}/{payload['source']}",
        shorten(_what(payload), LONGEST_WHAT, paper.look) if paper.cut else _what(payload),
        "" if confidence is None else percent(confidence),
        payload.get("title") or payload.get("reason") or "",
    )
    return _Line(tuple(paper.say(cell) for cell in cells), payload["type"] in ("segment", "state"))


def _length(row: HistoryRow) -> str:
    if row.start_ms == row.end_ms:
        return ""
    return length((row.end_ms - row.start_ms) / 1000) + (" …" if row.going_on else "")


def _what(payload: Payload) -> str:
    match payload["type"]:
        case "title":
            return "title"
        case "source":
            return f"source {payload['state']}"
        case "alarm":
            return f"{spoken(payload['kind'])} {'begins' if payload['active'] else 'ended'}"
        case "change":
            before, after = (payload[side]["genre"] or payload[side]["status"] for side in ("from", "to"))
            return f"{spoken(before)} → {spoken(after)}"
        case _:
            return spoken(payload["genre"] or payload["status"])
