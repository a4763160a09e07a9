"""Drawings of the page: ribbons and bars as SVG that stretches with the page, not with its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streamgenre.publish.history_html_text import safe
from streamgenre.publish.history_ribbon import RibbonPiece
from streamgenre.publish.history_scale import Tick
from streamgenre.publish.history_text import percent, spoken

ROW_PIXELS, THIN_PIXELS, THICK_PIXELS = 24, 5, 34
MANY_ROWS = 62
LETTER_PIXELS, AROUND_PIXELS = 6.4, 8
WIDTHS = ((230, ""), (420, " over230"), (640, " over420"), (860, " over640"))
"""From how many pixels on a ribbon is that wide, and the class of what needs them."""
AXIS_PIXELS = 20


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One row, whatever it stands for: a day or a source."""

    name: str
    """HTML."""
    pieces: Sequence[RibbonPiece]
    dead_air: Sequence[RibbonPiece]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All rows on one axis."""

    rows: Sequence[DrawnRow]
    hours: float
    """Length of the axis."""
    ticks: Sequence[Tick]
    caption: str
    """HTML."""
    described: str
    """What is told to those who do not see it; HTML."""

    @property
    def row_pixels(self) -> int:
        return (
            THICK_PIXELS if len(self.rows) == 1 else THIN_PIXELS if len(self.rows) > MANY_ROWS else ROW_PIXELS
        )


def ribbon_figure(
    drawing: Drawing, numbers: Mapping[str, int], hint: Callable[[RibbonPiece], str]
) -> Iterator[str]:
    """Yield a figure; `numbers` names the label's class, `hint` what is said of a piece."""
    high = drawing.row_pixels
    names = "".join(f'<div style="height:{high}px">{row.name}</div>' for row in drawing.rows)
    tall = len(drawing.rows) * high + AXIS_PIXELS
    yield (
        f"<figure><figcaption>{drawing.caption}</figcaption>\n"
        f'<div class="ribbon"><div class="names">{names}</div>\n'
        f'<svg width="100%" height="{tall}" role="img" aria-label="{drawing.described}">\n'
    )
    yield from _axis(drawing, tall)
    for index, row in enumerate(drawing.rows):
        for piece in row.pieces:
            yield _piece(piece, index * high, drawing, numbers, hint(piece))
        for piece in row.dead_air:
            yield _dead_air(piece, index * high, drawing, hint(piece))
    yield "</svg></div></figure>\n"


def bar(parts: Iterable[tuple[str, float]], numbers: Mapping[str, int]) -> str:
    """Return a bar cut by shares; its figures stand beside it."""
    boxes, at = "", 0.0
    for label, part in parts:
        if part:
            hint = f"<title>{safe(f'{spoken(label)} {percent(part)}')}</title>"
            boxes += f'<rect class="c{numbers[label]}" {_box(at, part)} height="100%">{hint}</rect>'
        at += part
    return f'<svg class="bar" aria-hidden="true">{boxes}</svg>'


def swatch(number: int) -> str:
    """Return a little field with the colour and pattern of a label."""
    box = f'<rect class="c{number}" width="100%" height="100%"/>'
    return f'<svg class="swatch" aria-hidden="true">{box}</svg>'


def _axis(drawing: Drawing, tall: int) -> Iterator[str]:
    for place, tick in enumerate(drawing.ticks):
        x = f"{tick.hours / drawing.hours:.3%}"
        at_end = tick.hours > drawing.hours * 0.97
        anchor = "start" if tick.hours < drawing.hours * 0.03 else "end" if at_end else "middle"
        second = ' class="second"' if place % 2 else ""
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{tall - AXIS_PIXELS}"/>'
        yield f'<text x="{x}" y="{tall - 5}" text-anchor="{anchor}"{second}>{tick.words}</text>\n'


def _box(start: float, share: float) -> str:
    return f'x="{start:.3%}" width="{share:.3%}"'


def _piece(piece: RibbonPiece, y: int, drawing: Drawing, numbers: Mapping[str, int], hint: str) -> str:
    start, share = piece.start_hours / drawing.hours, (piece.end_hours - piece.start_hours) / drawing.hours
    number, high = numbers[piece.label], drawing.row_pixels - (4 if drawing.row_pixels > THIN_PIXELS else 1)
    box = (
        f'<rect class="c{number}" {_box(start, share)} y="{y + 1}" height="{high}">'
        f"<title>{hint}</title></rect>"
    )
    words = spoken(piece.label)
    needed = (len(words) * LETTER_PIXELS + AROUND_PIXELS) / share if share else WIDTHS[-1][0] + 1
    kind = next((kind for width, kind in WIDTHS if needed <= width), None)
    if kind is None or drawing.row_pixels == THIN_PIXELS:
        return f"{box}\n"
    middle = f'x="{start + share / 2:.3%}" y="{y + 1 + high / 2 + 4:g}"'
    return f'{box}<text class="on i{number}{kind}" {middle}>{safe(words)}</text>\n'


def _dead_air(piece: RibbonPiece, y: int, drawing: Drawing, hint: str) -> str:
    """Draw a line at the foot of what was dead; its outline shows however short it was."""
    start, share = piece.start_hours / drawing.hours, (piece.end_hours - piece.start_hours) / drawing.hours
    foot = f'y="{y + drawing.row_pixels - 3}" height="1"'
    return f'<rect class="dead" {_box(start, share)} {foot}><title>{hint}</title></rect>\n'
