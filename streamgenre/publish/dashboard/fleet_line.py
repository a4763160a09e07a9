"""A fleet in a line or two above the table of its stations."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment

from streamgenre.publish.dashboard.fleet_picture import FleetPicture
from streamgenre.publish.dashboard.fleet_words import Fact, fleet_facts, plural
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, good_style, warn_style
from streamgenre.publish.dashboard.standing import SIGNS
from streamgenre.publish.dashboard.text import Line, clean, line_width, shorten, span

MOST_FLEETS = 3
LINES_EACH = 2
LONGEST_NAME = 20
LONGEST_FACT = 60
LEAST_HEIGHT = 8
"""In a lower window every line is a station's."""
TWO_LINES_HEIGHT = 20


def fleet_lines(fleets: Sequence[FleetPicture], width: int, height: int, look: Look) -> list[Line]:
    """Draw each, and count those for which there is no room."""
    shown = fleets[: most_fleet_lines(len(fleets), height) // _each(height)]
    lines = [line for one in shown for line in _lines(one, width, _each(height), look)]
    if shown and len(shown) < len(fleets):
        lines.append([span(f"  and {plural(len(fleets) - len(shown), 'more fleet')}", DIM)])
    return lines


def most_fleet_lines(fleets: int, height: int) -> int:
    """Return how many lines they may take, but for the one that counts the others."""
    return min(fleets, MOST_FLEETS) * _each(height) if height >= LEAST_HEIGHT else 0


def _each(height: int) -> int:
    return LINES_EACH if height >= TWO_LINES_HEIGHT else 1


def _lines(fleet: FleetPicture, width: int, most: int, look: Look) -> list[Line]:
    """Draw how it is, its name, and as many facts as have room."""
    name = shorten(clean(fleet.node, look), LONGEST_NAME, look)
    begin = [fleet_sign(fleet, look), span(" fleet ", DIM), span(f"{name}  ", BOLD)]
    indent = line_width(begin)
    first, *others = wrapped(fact_spans(fleet, look), most, width - indent, look)
    return [[*begin, *first], *([span(" " * indent), *line] for line in others)]


def fleet_sign(fleet: FleetPicture, look: Look) -> Segment:
    if fleet.in_trouble:
        return span(look.signs.alarm, warn_style(look))
    return span(SIGNS["online"][0 if look.unicode else 1], good_style(look))


def fact_spans(fleet: FleetPicture, look: Look) -> list[Line]:
    """Style each fact; of what is old nothing is said as if it were of now."""
    facts = fleet_facts(fleet)
    if not fleet.old:
        return [[_fact(fact, look)] for fact in facts]
    then = [[span(_words(fact, look), DIM)] for fact in facts]
    then[0].insert(0, span("then ", DIM))
    return [[span(clean(f"old: {fleet.old}", look), warn_style(look))], *then]


def wrapped(facts: Sequence[Line], most: int, width: int, look: Look) -> list[Line]:
    """Spread facts over so many lines at most; those that do not fit are left out."""
    lines: list[Line] = [[]]
    for fact in facts:
        if lines[-1] and line_width(lines[-1]) + 3 + line_width(fact) > width:
            if len(lines) == most:
                break
            lines.append([])
        if lines[-1]:
            lines[-1].append(span(f" {look.signs.bullet} ", DIM))
        lines[-1] += fact
    return lines


def _fact(fact: Fact, look: Look) -> Segment:
    words = _words(fact, look)
    return span(f"{look.signs.alarm} {words}", warn_style(look)) if fact.wrong else span(words, PLAIN)


def _words(fact: Fact, look: Look) -> str:
    return shorten(clean(fact.words, look), LONGEST_FACT, look)
