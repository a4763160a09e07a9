"""Lines of styled text that fit their width, and the words for numbers."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN

Line = list[Segment]


def span(text: str, style: Style = PLAIN) -> Segment:
    return Segment(text, style)


@lru_cache(maxsize=4096)
def clean(text: str, look: Look) -> str:
    """Take out what could move the cursor or turn the writing round; titles come from strangers."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    if not look.unicode:
        kept = kept.encode("ascii", "replace").decode("ascii")
    return " ".join(kept.split())


def shorten(text: str, width: int, look: Look) -> str:
    """Cut to a width in cells, saying so with an ellipsis."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + look.signs.ellipsis if width > 0 else ""


def pad(text: str, width: int, look: Look) -> str:
    return set_cell_size(shorten(text, width, look), width)


def fit(line: Line, width: int) -> Line:
    """Make a line exactly as wide as it must be."""
    return Segment.adjust_line_length(line, width)


def line_width(line: Line) -> int:
    return Segment.get_line_length(line)


def justify(left: Line, right: Line, width: int) -> Line:
    """Put two ends on one line; the left one yields."""
    room = width - line_width(right)
    if room <= 0:
        return fit(left, width)
    return [*fit(left, room), *right]


def beside(left: list[Line], right: list[Line], left_width: int, right_width: int) -> list[Line]:
    """Set two blocks of lines next to each other with two spaces between."""
    count = max(len(left), len(right))
    left = left + [[] for _ in range(count - len(left))]
    right = right + [[] for _ in range(count - len(right))]
    gap = span("  ")
    return [[*fit(a, left_width), gap, *fit(b, right_width)] for a, b in zip(left, right, strict=True)]


def heading(words: str, width: int, look: Look) -> Line:
    """Name a section, with a rule to its end."""
    words = shorten(words, width, look)
    rest = width - cell_len(words) - 1
    return [span(words, BOLD), span(" " + look.signs.rule * rest if rest > 0 else "", DIM)]


def separated(items: list[Line], look: Look, width: int) -> Line:
    """Join items with bullets, as many as fit whole."""
    line: Line = []
    used = 0
    for item in items:
        gap = 3 if line else 0
        if used + gap + line_width(item) > width:
            break
        if line:
            line.append(span(f" {look.signs.bullet} ", DIM))
        line.extend(item)
        used += gap + line_width(item)
    return line


def clock(seconds: float) -> str:
    """Write seconds as 3:27 or 1:02:03."""
    whole = int(max(0.0, seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def moment(seconds: float) -> str:
    """Write seconds since 1970 as the local time of day."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


def decibels(value: float | None, look: Look) -> str:
    if value is None:
        return "unknown"
    return f"{value:.1f}".replace("-", look.signs.minus)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"
