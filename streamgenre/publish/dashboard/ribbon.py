"""The last minutes as a ribbon, and the changes by name."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, fill_style, genre_style
from streamgenre.publish.dashboard.picture import Passage, Picture
from streamgenre.publish.dashboard.text import Line, clean, clock, heading, pad, shorten, span

CELL_SECONDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
CLOCK_CELL_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0)
TWO_RIBBONS = 60
"""So wide there is room to say what the two are."""
CLOCK_SECONDS = (60.0, 600.0)
"""Shown at least and, if as much is known, at last, where the ribbon is one of the clock."""


@dataclass(frozen=True, slots=True)
class Run:
    """The cells of the ribbon one passage takes."""

    first_cell: int
    cells: int
    passage: Passage | None
    """None: nothing is known of that time."""
    starts_here: bool
    """Its beginning is in view."""


def cell_seconds(picture: Picture, width: int) -> float:
    """Choose the finest scale that shows everything or, by the clock, some minutes; or the coarsest."""
    if picture.by_clock:
        return clock_cell_seconds([picture], width)
    seconds = max(picture.now_seconds, picture.parts[-1].end_seconds if picture.parts else 0.0)
    return next((s for s in CELL_SECONDS if s * width >= seconds), CELL_SECONDS[-1])


def clock_cell_seconds(pictures: Sequence[Picture], width: int) -> float:
    """Choose one scale for all ribbons of a table, by as much as is known of any."""
    known = (one.now_seconds - one.passages[0].start_seconds for one in pictures if one.passages)
    return clock_scale(max(known, default=0.0), width)


def clock_scale(known_seconds: float, width: int) -> float:
    """Choose a scale that shows so much, within bounds."""
    least, most = CLOCK_SECONDS
    seconds = min(most, max(least, known_seconds))
    return next((s for s in CLOCK_CELL_SECONDS if s * width >= seconds), CLOCK_CELL_SECONDS[-1])


def ribbon_runs(picture: Picture, width: int, step: float | None = None) -> list[Run]:
    """Cut the passages into cells; time runs from the left and, once the ribbon is full, moves."""
    passages = picture.passages
    if not passages or width < 1:
        return []
    step = step or cell_seconds(picture, width)
    first, count = _bounds(picture, width, step)
    cells = [_at(passages, first + (cell + 0.5) * step, step) for cell in range(count)]
    runs: list[Run] = []
    for index, group in groupby(cells):
        begin = runs[-1].first_cell + runs[-1].cells if runs else 0
        passage = None if index is None else passages[index]
        starts_here = passage is not None and passage.start_seconds >= first
        runs.append(Run(begin, len(list(group)), passage, starts_here))
    return runs


def _bounds(picture: Picture, width: int, step: float) -> tuple[float, int]:
    """Return where the first cell begins, and how many there are. By the clock the last one is now."""
    if picture.by_clock:
        return math.ceil(picture.now_seconds / step) * step - width * step, width
    first = max(0.0, picture.now_seconds - step * width)
    return first, min(width, max(1, round((picture.now_seconds - first) / step)))


def _at(passages: tuple[Passage, ...], seconds: float, step: float) -> int | None:
    """Find the passage in force at the middle of a cell."""
    index = bisect_right(passages, seconds, key=lambda passage: passage.start_seconds) - 1
    if index < 0:
        return 0 if passages[0].start_seconds < seconds + step / 2 else None
    return index if seconds < passages[index].end_seconds + step / 2 else None


def ribbon(picture: Picture, width: int, look: Look, thickness: int = 1) -> list[Line]:
    """Draw a heading, the ribbon and the names of the changes below it."""
    step = cell_seconds(picture, width)
    words = f"last {clock(step * width)}, {step:g} s a cell" if picture.passages else "what was played"
    runs = ribbon_runs(picture, width)
    band = [[_cells(run, look, named=row == thickness // 2) for run in runs] for row in range(thickness)]
    if picture.parts:
        words = "played, and heard" if width < TWO_RIBBONS else "what is played, and below it what is heard"
        band = [plan_line(picture, width, look, step), *band]
    return [heading(words, width, look), *band, _change_names(picture, runs, width, look)]


def plan_line(picture: Picture, width: int, look: Look, step: float) -> Line:
    """Name the parts over the cells of the ribbon; the one that is played stands out."""
    first = max(0.0, picture.now_seconds - step * width)
    line: Line = []
    used = 0
    for place, part in enumerate(picture.parts):
        end = min(width, round((part.end_seconds - first) / step))
        if end <= used:
            continue
        edge = look.signs.edge if place else ""
        words = edge + shorten(part.kind, end - used - len(edge), look)
        coming = DIM if part.start_seconds > picture.now_seconds else Style.null()
        style = BOLD if place == picture.part else coming
        line.append(span(pad(words, end - used, look), style))
        used = end
    return line


def thin_ribbon(picture: Picture, width: int, look: Look, step: float) -> Line:
    """Draw the ribbon alone, a cell so many seconds."""
    return [_cells(run, look, named=True) for run in ribbon_runs(picture, width, step)]


def _cells(run: Run, look: Look, *, named: bool) -> Segment:
    passage = run.passage
    if passage is None:
        return span(" " * run.cells)
    text = _name_in(clean(passage.name, look), run.cells, look) if named else ""
    edge = look.signs.edge if run.starts_here and run.first_cell else ""
    if passage.genre:
        style, filling = fill_style(passage.genre, look), look.signs.fills["music"]
    else:
        style, filling = Style.null(), look.signs.fills[passage.status]
    return span((edge + text).ljust(run.cells, filling)[: run.cells], style)


def _name_in(name: str, cells: int, look: Look) -> str:
    """Fit a name into a run: whole, or by its first two letters, or one."""
    if cells >= len(name) + 3:
        return f" {name} " if look.unicode else f"{name} "
    return name[:2] if cells >= 4 else name[:1] if cells >= 2 else ""


def _change_names(picture: Picture, runs: list[Run], width: int, look: Look) -> Line:
    """Name the changes under their marks; where room is short the newest win."""
    cells = [" "] * width
    free = width
    for run in reversed(runs):
        if run.passage is None or not run.starts_here:
            continue
        short = f"{look.signs.mark}{picture.when(run.passage.start_seconds)}"
        words = f"{short} {clean(run.passage.name, look)}"
        end = run.first_cell + cell_len(words)
        if end > free:
            words, end = short, run.first_cell + len(short)
        if end <= free:
            cells[run.first_cell : end] = [*words, *[""] * (cell_len(words) - len(words))]
            free = run.first_cell - 1
    return [span("".join(cells), DIM)]


def change_list(picture: Picture, width: int, rows: int, look: Look) -> list[Line]:
    """List the latest changes, newest first; `rows` counts the heading."""
    lines = [heading("last changes", width, look)]
    passages = list(reversed(picture.passages))
    when_width = 8 if picture.by_clock else 7
    for place, passage in enumerate(passages[: rows - 1]):
        lasted = clock(passage.end_seconds - passage.start_seconds)
        ending = f" {lasted} so far" if place == 0 else f" {lasted}"
        name_width = max(4, width - when_width - 1 - 2 - 15)
        sign = look.signs.swatch if passage.genre else look.signs.status[passage.status]
        lines.append(
            [
                span(f"{picture.when(passage.start_seconds, to_the_second=True):>{when_width}} ", DIM),
                span(f"{sign} ", genre_style(passage.genre, look)),
                span(
                    shorten(clean(passage.name, look), name_width, look).ljust(name_width),
                    BOLD if place == 0 else Style.null(),
                ),
                span(ending, DIM),
            ]
        )
    return lines if passages else [*lines, [span("nothing yet", DIM)]][:rows]
