"""The last minutes as a ribbon, and the changes by name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from rich.segment import Segment
from rich.style import Style

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, fill_style, genre_style
from streamgenre.publish.dashboard.picture import Passage, Picture
from streamgenre.publish.dashboard.text import Line, clean, clock, heading, shorten, span

CELL_SECONDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Run:
    """The cells of the ribbon one passage takes."""

    first_cell: int
    cells: int
    passage: Passage
    starts_here: bool
    """Its beginning is in view."""


def cell_seconds(picture: Picture, width: int) -> float:
    """Choose the finest scale that shows everything, or the coarsest."""
    return next((s for s in CELL_SECONDS if s * width >= picture.audio_seconds), CELL_SECONDS[-1])


def ribbon_runs(picture: Picture, width: int) -> list[Run]:
    """Cut the passages into cells; time runs from the left and, once the ribbon is full, moves."""
    if not picture.passages:
        return []
    step = cell_seconds(picture, width)
    first = max(0.0, picture.audio_seconds - step * width)
    count = min(width, max(1, round((picture.audio_seconds - first) / step)))
    cells = [_at(picture.passages, first + (cell + 0.5) * step) for cell in range(count)]
    runs: list[Run] = []
    for index, group in groupby(cells):
        begin = runs[-1].first_cell + runs[-1].cells if runs else 0
        passage = picture.passages[index]
        runs.append(Run(begin, len(list(group)), passage, starts_here=passage.start_seconds >= first))
    return runs


def _at(passages: tuple[Passage, ...], seconds: float) -> int:
    """Find the passage in force at a time."""
    index = len(passages) - 1
    while index > 0 and passages[index].start_seconds > seconds:
        index -= 1
    return index


def ribbon(picture: Picture, width: int, look: Look, thickness: int = 1) -> list[Line]:
    """Draw a heading, the ribbon and the names of the changes below it."""
    step = cell_seconds(picture, width)
    words = f"last {clock(step * width)}, {step:g} s a cell" if picture.passages else "what was played"
    runs = ribbon_runs(picture, width)
    band = [[_cells(run, look, named=row == thickness // 2) for run in runs] for row in range(thickness)]
    return [heading(words, width, look), *band, _change_names(runs, width, look)]


def _cells(run: Run, look: Look, *, named: bool) -> Segment:
    passage = run.passage
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


def _change_names(runs: list[Run], width: int, look: Look) -> Line:
    """Name the changes under their marks; where room is short the newest win."""
    cells = [" "] * width
    free = width
    for run in reversed([r for r in runs if r.starts_here]):
        words = f"{look.signs.mark}{clock(run.passage.start_seconds)} {clean(run.passage.name, look)}"
        end = run.first_cell + len(words)
        if end > free:
            words = f"{look.signs.mark}{clock(run.passage.start_seconds)}"
            end = run.first_cell + len(words)
        if end <= free:
            cells[run.first_cell : end] = words
            free = run.first_cell - 1
    return [span("".join(cells), DIM)]


def change_list(picture: Picture, width: int, rows: int, look: Look) -> list[Line]:
    """List the latest changes, newest first; `rows` counts the heading."""
    lines = [heading("last changes", width, look)]
    passages = list(reversed(picture.passages))
    for place, passage in enumerate(passages[: rows - 1]):
        lasted = clock(passage.end_seconds - passage.start_seconds)
        ending = f" {lasted} so far" if place == 0 else f" {lasted}"
        name_width = max(4, width - 8 - 2 - 15)
        sign = look.signs.swatch if passage.genre else look.signs.status[passage.status]
        lines.append(
            [
                span(f"{clock(passage.start_seconds):>7} ", DIM),
                span(f"{sign} ", genre_style(passage.genre, look)),
                span(
                    shorten(clean(passage.name, look), name_width, look).ljust(name_width),
                    BOLD if place == 0 else Style.null(),
                ),
                span(ending, DIM),
            ]
        )
    return lines if passages else [*lines, [span("nothing yet", DIM)]][:rows]
