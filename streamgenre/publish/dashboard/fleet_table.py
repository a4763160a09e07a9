"""The machines of a fleet, each with its groups below it, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamgenre.publish.dashboard.fleet_rows import FIGURES, Row, RowWords
from streamgenre.publish.dashboard.fleet_words import Fact
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, good_style, warn_style
from streamgenre.publish.dashboard.text import Line, clean, fit, pad, shorten, span
from streamgenre.publish.dashboard.verdict import bar

FIGURE_WIDTHS = dict(zip(FIGURES, (8, 7, 7, 7), strict=True))
INDENT = 2
BAR_WIDTH = 10
CORES_WIDTH = 12
"""The load in figures: 12.34 of 64."""
LONGEST_NAME = 40
ENOUGH_NAME = 16
ENOUGH_TROUBLE = 16


@dataclass(frozen=True, slots=True)
class FleetLayout:
    """The columns that have room."""

    width: int
    name_width: int
    """With its sign."""
    bar_width: int
    figures: tuple[str, ...]
    trouble_width: int
    """0: it stands in the place of the load."""

    @property
    def load_width(self) -> int:
        return CORES_WIDTH + self.bar_width + bool(self.bar_width)


def lay_out_fleet(rows: Sequence[Row], width: int) -> FleetLayout:
    """Choose the columns: a narrow window keeps names and loads."""
    figures, bar_width = FIGURES, BAR_WIDTH
    while (room := _room(width, bar_width, figures)) < ENOUGH_NAME and (bar_width or figures):
        bar_width, figures = (0, figures) if bar_width else (0, figures[:-1])
    longest = max((cell_len(row.id) for row in rows), default=0) + 2 + INDENT
    name_width = max(1, min(max(longest, ENOUGH_NAME), LONGEST_NAME, room))
    rest = room - name_width - 1
    return FleetLayout(width, name_width, bar_width, figures, rest if rest >= ENOUGH_TROUBLE else 0)


def _room(width: int, bar_width: int, figures: Sequence[str]) -> int:
    load_width = CORES_WIDTH + bar_width + bool(bar_width)
    return width - 1 - load_width - sum(FIGURE_WIDTHS[one] + 1 for one in figures)


def fleet_heads(layout: FleetLayout, look: Look) -> Line:
    """Name the columns."""
    words = pad("  machine, group", layout.name_width, look) + " " + "load".ljust(layout.load_width)
    words += "".join(" " + one.rjust(FIGURE_WIDTHS[one]) for one in layout.figures)
    return fit([span(words, DIM)], layout.width)


def row_line(row: RowWords, layout: FleetLayout, look: Look, *, old: bool) -> Line:
    """Draw a machine, or a group below it."""
    indent = 0 if row.is_machine else INDENT
    name = pad(clean(row.name, look), max(0, layout.name_width - 2 - indent), look)
    line = [
        span(" " * indent),
        span(f"{row.sign(unicode=look.unicode)} ", _sign_style(row, look)),
        span(f"{name} ", BOLD if row.is_machine else PLAIN),
        *_load(row, layout, look),
    ]
    for name, fact in zip(FIGURES, row.figures, strict=True):
        if name in layout.figures:
            line.append(_right(fact, FIGURE_WIDTHS[name] + 1, look))
    if row.trouble and layout.trouble_width:
        words = shorten(clean(row.trouble, look), layout.trouble_width - 1, look)
        line.append(span(f"  {words}", warn_style(look)))
    return fit([span(one.text, DIM) for one in line] if old else line, layout.width)


def _sign_style(row: RowWords, look: Look) -> Style:
    if row.wrong:
        return warn_style(look)
    return good_style(look) if row.well else DIM


def _load(row: RowWords, layout: FleetLayout, look: Look) -> Line:
    """Draw a bar and figures, or say why there is none."""
    load = row.load
    if row.trouble and not layout.trouble_width:
        told = row.trouble if row.load_share is not None else f"{load.words}: {row.trouble}"
        load = Fact(told, wrong=True)
    elif layout.bar_width and row.load_share is not None:
        style = warn_style(look) if load.wrong else good_style(look)
        drawn = bar(row.load_share, layout.bar_width, style, look)
        return [*drawn, span(" "), span(pad(load.words, CORES_WIDTH, look), _fact_style(load, look))]
    style = _fact_style(load, look) if load.wrong or row.load_share is not None else DIM
    return [span(pad(clean(load.words, look), layout.load_width, look), style)]


def _right(fact: Fact, width: int, look: Look) -> Segment:
    words = shorten(fact.words, width - 1, look)
    return span(words.rjust(width), _fact_style(fact, look))


def _fact_style(fact: Fact, look: Look) -> Style:
    return warn_style(look) if fact.wrong else PLAIN
