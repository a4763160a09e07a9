"""What played as rows of cells: coloured and lettered, so that either alone can be read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby
from typing import Literal

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from streamgenre.cli.history_paper import Paper
from streamgenre.publish.dashboard.palette import BOLD, DIM
from streamgenre.publish.history_colours import shown_as
from streamgenre.publish.history_letters import is_status
from streamgenre.publish.history_ribbon import Ribbon, RibbonPiece
from streamgenre.publish.history_scale import Row, Scale, ticks
from streamgenre.publish.history_text import length

Words = Literal["names", "letters", "none"]
CELL_SECONDS = (
    *(1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 2400),
    *(hours * 3600 for hours in (1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168)),
)
NAME_FORMS = {"day": "%a %d ", "week": "%d %b %y "}
MANY_COLUMNS = 110
"""Room for the month beside each day."""
EXPLAINED = 64
"""Room for whole sentences."""
THICKNESS = 3
"""Rows of cells where the ribbon is one row of time."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How a scale is cut into cells."""

    scale: Scale
    cell_seconds: float
    name_width: int

    @classmethod
    def of(cls, laid: Scale, width: int, name_width: int | None = None) -> Grid:
        name = len(name_of(laid, laid.rows[0], width)) if name_width is None else name_width
        seconds = laid.hours * 3600
        room = max(1, width - name)
        step = next((step for step in CELL_SECONDS if seconds / step <= room), math.ceil(seconds / room))
        return cls(laid, step, name)

    def cells(self, row: Row) -> int:
        return max(1, math.ceil(round(row.hours * 3600 / self.cell_seconds, 6)))


@dataclass(frozen=True, slots=True)
class Cell:
    """A little time of one row."""

    label: str | None
    """What was heard most in it; None: nothing is known of it."""
    dead: bool
    """There was dead air in it, however little; what touches several cells marks those it fills, or one."""


def name_of(laid: Scale, row: Row, width: int) -> str:
    """Return what stands before a row."""
    if laid.unit == "time":
        return ""
    form = "%a %d %b " if laid.unit == "day" and width >= MANY_COLUMNS else NAME_FORMS[laid.unit]
    return f"{row.begins:{form}}"


def ribbon_lines(paper: Paper, laid: Ribbon, zone: tzinfo) -> list[Text]:
    """Return the ribbon with its scale: one thick row, or a row a day or week."""
    grid = Grid.of(laid.scale, paper.width)
    lines = [tick_line(paper, grid, zone)]
    for index, row in enumerate(laid.scale.rows):
        cells = row_cells(laid, index, grid, paper.shown)
        if laid.scale.unit == "time":
            lines += [
                cell_line(paper, cells, words="names" if n == 1 else "none", marked=n == 2)
                for n in range(THICKNESS)
            ]
            continue
        line = Text.assemble((name_of(laid.scale, row, paper.width), DIM), cell_line(paper, cells))
        odd = f" {row.hours:g} h" if laid.scale.unit == "day" and row.hours != 24 else ""
        if len(line) + len(odd) <= paper.width:
            line.append(odd, DIM)
        lines.append(line)
    return lines


def explanation(paper: Paper, grid: Grid, *, marked: bool) -> str:
    """Return what a cell is, and how dead air is marked."""
    cell = length(grid.cell_seconds).replace(":00 min", " min").removesuffix(" 00 min")
    mark = f"{paper.look.signs.alarm} dead air" if marked else ""
    if paper.width < EXPLAINED:
        return f"{cell} a cell{mark and ', '}{mark}"
    return f"a cell: what was heard most in {cell}{mark and ' · '}{mark}"


def tick_line(paper: Paper, grid: Grid, zone: tzinfo) -> Text:
    """Return the times above the cells, as many as there is room for."""
    longest = max(grid.cells(row) for row in grid.scale.rows)
    room = 4 if grid.scale.unit == "day" else 10
    line = " " * grid.name_width
    for tick in ticks(grid.scale, zone, longest // room):
        words = tick.words[:2] if grid.scale.unit == "day" else tick.words
        at = grid.name_width + round(tick.hours * 3600 / grid.cell_seconds)
        free = at == grid.name_width or len(line) < at
        if free and at + len(words) <= paper.width:
            line = line.ljust(at) + words
    return Text(line, DIM)


def row_cells(laid: Ribbon, index: int, grid: Grid, shown: Sequence[str]) -> list[Cell]:
    """Cut one row into cells."""
    count = grid.cells(laid.scale.rows[index])
    heard: list[Counter[str]] = [Counter() for _ in range(count)]
    dead: set[int] = set()
    for piece in (piece for piece in laid.pieces if piece.row == index):
        for cell, part in _overlaps(piece, grid, count):
            heard[cell][shown_as(piece.label, shown)] += round(part * 1_000_000)
    for piece in (piece for piece in laid.dead_air if piece.row == index):
        parts = _overlaps(piece, grid, count)
        most = max(parts, key=lambda pair: pair[1])[0]
        dead |= {most, *(cell for cell, part in parts if part >= 0.5)}
    labels = [counted.most_common(1)[0][0] if counted else None for counted in heard]
    return [Cell(label, at in dead) for at, label in enumerate(labels)]


def _overlaps(piece: RibbonPiece, grid: Grid, count: int) -> list[tuple[int, float]]:
    """Return the cells that a piece touches, and what part of each it takes."""
    begins, ends = (hours * 3600 / grid.cell_seconds for hours in (piece.start_hours, piece.end_hours))
    first = min(count - 1, int(begins))
    last = min(count, max(first + 1, math.ceil(round(ends, 6))))
    return [(cell, min(ends, cell + 1) - max(begins, cell)) for cell in range(first, last)]


def cell_line(paper: Paper, cells: Sequence[Cell], *, words: Words = "names", marked: bool = True) -> Text:
    """Draw the cells of a row; dead air is marked upon them."""
    line = Text()
    for label, group in groupby(cells, key=lambda cell: cell.label):
        run = list(group)
        dead = [at for at, cell in enumerate(run) if cell.dead and marked]
        drawn, style = run_words(paper, label, len(run), "letters" if dead and words == "names" else words)
        begins = len(line)
        line.append(drawn, style)
        for at in dead:
            line = _replaced(line, begins + at, paper.look.signs.alarm, style)
    return line


def run_words(paper: Paper, label: str | None, cells: int, words: Words = "names") -> tuple[str, Style]:
    """Fill a run with its name, or its letter where that does not fit; only colour needs no letters."""
    if label is None or cells == 0:
        return " " * cells, Style.null()
    name, sign, style = paper.label(label), paper.sign(label), paper.field_style(label)
    coloured = not is_status(label) and style != Style.null()
    fits = words == "names" and cell_len(name) == len(name) and len(name) + (2 if coloured else 4) <= cells
    if coloured:
        return (name.center(cells) if fits else ("" if words == "none" else sign).ljust(cells)), style
    return (f" {name} ".center(cells, sign) if fits else sign * cells), style


def _replaced(line: Text, at: int, sign: str, style: Style) -> Text:
    return Text.assemble(line[:at], (sign, style + BOLD), line[at + 1 :])
