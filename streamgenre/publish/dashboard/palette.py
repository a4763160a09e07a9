"""Colours that people who see colours differently can tell apart; none is ever the only sign."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from rich.color import Color
from rich.style import Style

from streamgenre.publish.dashboard.look import Depth, Look

# Mid-bright hues after Okabe & Ito (2008), "Color Universal Design", extended with steps of lightness;
# beside each the nearest of the terminal's own 16.
GENRE_COLOURS: dict[str, tuple[str, str]] = {
    "blues": ("#0072b2", "blue"),
    "classical": ("#e69f00", "yellow"),
    "country": ("#8c6d31", "bright_red"),
    "disco": ("#cc79a7", "bright_magenta"),
    "electronic": ("#56b4e9", "bright_cyan"),
    "hiphop": ("#7a3b86", "magenta"),
    "jazz": ("#d55e00", "red"),
    "metal": ("#7f7f7f", "cyan"),
    "pop": ("#d9c81e", "bright_yellow"),
    "reggae": ("#009e73", "green"),
    "rock": ("#a8324f", "bright_blue"),
}
FURTHER_COLOURS = (
    ("#44aa99", "bright_green"),
    ("#999933", "yellow"),
    ("#6699cc", "blue"),
    ("#aa4499", "magenta"),
)

# Dark to light in even steps of lightness through blue, green and yellow, so that it reads in grey too.
HEAT_STOPS = ((17, 12, 40), (49, 49, 120), (35, 105, 142), (38, 155, 124), (122, 200, 82), (246, 232, 104))
HEAT_LEVELS = 12
LOUD_DBFS = -12.0
NEAR_FULL_DBFS = -3.0

PLAIN = Style.null()
BOLD = Style(bold=True)
DIM = Style(dim=True)
REVERSE = Style(reverse=True)


def genre_colour(genre: str, depth: Depth) -> Color | None:
    """Give a genre its colour, or None where there is none to give."""
    if depth == "none":
        return None
    pair = GENRE_COLOURS.get(genre) or FURTHER_COLOURS[crc32(genre.encode()) % len(FURTHER_COLOURS)]
    return Color.parse(pair[0] if depth == "many" else pair[1])


def genre_style(genre: str | None, look: Look, *, bold: bool = False) -> Style:
    """Draw blocks in the genre's colour on whatever the background is."""
    colour = genre_colour(genre, look.depth) if genre else None
    return Style(color=colour, bold=bold or None)


@lru_cache(maxsize=256)
def fill_style(genre: str, look: Look) -> Style:
    """Write on a field of the genre's colour; without colours the field is reversed text."""
    colour = genre_colour(genre, look.depth)
    if colour is None:
        return REVERSE if look.unicode else PLAIN
    red, green, blue = colour.get_truecolor()
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 110
    if look.depth == "few":
        return Style(bgcolor=colour, color="bright_white" if dark else "black")
    return Style(bgcolor=colour, color="#ffffff" if dark else "#000000")


@lru_cache(maxsize=64)
def _signal_style(colours: tuple[str, str], depth: Depth) -> Style:
    return PLAIN if depth == "none" else Style(color=colours[0] if depth == "many" else colours[1])


@lru_cache(maxsize=8)
def warn_style(look: Look) -> Style:
    return _signal_style(("#d55e00", "red"), look.depth) + BOLD


def good_style(look: Look) -> Style:
    return _signal_style(("#009e73", "green"), look.depth)


def level_style(dbfs: float, look: Look) -> Style:
    """Colour the meter by how near full scale it is; its length says the same."""
    if dbfs < LOUD_DBFS:
        return good_style(look)
    return _signal_style(("#e69f00", "yellow") if dbfs < NEAR_FULL_DBFS else ("#d55e00", "red"), look.depth)


def _heat_colour(level: int) -> Color:
    position = level / (HEAT_LEVELS - 1) * (len(HEAT_STOPS) - 1)
    index = min(int(position), len(HEAT_STOPS) - 2)
    share = position - index
    low, high = HEAT_STOPS[index], HEAT_STOPS[index + 1]
    return Color.from_rgb(*(round(a + (b - a) * share) for a, b in zip(low, high, strict=True)))


_HEAT = tuple(_heat_colour(level) for level in range(HEAT_LEVELS))


@lru_cache(maxsize=HEAT_LEVELS * HEAT_LEVELS)
def heat_style(upper: int, lower: int) -> Style:
    """Colour an upper half-block: its own half `upper`, the other `lower`, each 0 to HEAT_LEVELS − 1."""
    return Style(color=_HEAT[upper], bgcolor=_HEAT[lower])
