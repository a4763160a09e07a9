"""One fleet on the whole screen: what fails, then its machines and their groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamgenre.publish.dashboard.fleet_failing import failing_lines
from streamgenre.publish.dashboard.fleet_line import fact_spans, fleet_sign, wrapped
from streamgenre.publish.dashboard.fleet_picture import FleetPicture
from streamgenre.publish.dashboard.fleet_rows import fleet_rows, row_words
from streamgenre.publish.dashboard.fleet_table import fleet_heads, lay_out_fleet, row_line
from streamgenre.publish.dashboard.fleet_words import part_words
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, warn_style
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.text import (
    Line,
    beside,
    clean,
    fit,
    heading,
    justify,
    moment,
    separated,
    shorten,
    span,
)

TWO_COLUMNS = 170
HEAD_LINES = 2
MOST_PROBLEMS = 3
LEAST_TABLE = 6
"""Lines that the machines keep, whatever fails."""


@dataclass(frozen=True, slots=True)
class FleetView:
    """Which of how many fleets is shown, and from which line on."""

    place: int
    scrolled: int


def fleet_page(
    fleets: Sequence[FleetPicture], view: FleetView, wall_seconds: float, size: tuple[int, int], look: Look,
    urgent: str | None = None,
) -> tuple[Lines, int]:  # fmt: skip
    """Draw it in exactly `size` (columns, lines) cells; also return how far it could be scrolled."""
    width, height = size
    fleet = fleets[view.place]
    foot = _foot(fleets, view, width, look, urgent)
    lines = _head(fleet, wall_seconds, width, look)[: max(0, height - 1)]
    room = max(0, height - 1 - len(lines))
    if width >= TWO_COLUMNS:
        left = width * 3 // 5
        machines, most = _machines(fleet, view.scrolled, left, room, look)
        wrong = _wrong(fleet, width - 2 - left, room, look)
        body = beside(machines, wrong, left, width - 2 - left)
    else:
        body = _wrong(fleet, width, max(0, min(room // 2, room - LEAST_TABLE)), look)
        machines, most = _machines(fleet, view.scrolled, width, room - len(body), look)
        body += machines
    lines += body[:room] + [[]] * (room - len(body))
    return Lines(tuple(fit(line, width) for line in [*lines, foot][:height])), most


def _head(fleet: FleetPicture, wall_seconds: float, width: int, look: Look) -> list[Line]:
    """Say how it is, where it is led from, and whether that is of now."""
    version = f"version {fleet.version}" if fleet.version and width >= 60 else ""
    time = [span(" "), span(moment(wall_seconds), DIM)]
    name = [fleet_sign(fleet, look), span(" fleet ", DIM), span(clean(fleet.node, look), BOLD)]
    name += [span("  " + clean(version, look), DIM)] if version else []
    parts = [
        [span(clean(part_words("supervisor", fleet.supervisor), look), DIM)],
        [span(clean(part_words("publisher", fleet.publisher), look), DIM)],
    ]
    facts = wrapped(fact_spans(fleet, look), HEAD_LINES, width, look)
    return [justify(name, time, width), *facts, separated(parts, look, width), []]


def _wrong(fleet: FleetPicture, width: int, room: int, look: Look) -> list[Line]:
    """Draw what fails and what is wrong with the list of stations, with air below."""
    problems = _problems(fleet, width, look)
    if len(problems) > room // 2:
        problems = []
    rows = room - len(problems) - 2
    stations = failing_lines(fleet, width, rows, look) if rows > 0 else []
    failing = [heading("failing", width, look), *stations, []] if stations else []
    return [*failing, *problems]


def _problems(fleet: FleetPicture, width: int, look: Look) -> list[Line]:
    if not fleet.problems:
        return []
    style = DIM if fleet.old else warn_style(look)
    shown = [shorten(clean(one, look), width - 2, look) for one in fleet.problems[:MOST_PROBLEMS]]
    more = len(fleet.problems) - len(shown)
    lines: list[Line] = [[span(f"{look.signs.alarm} ", style), span(one, PLAIN)] for one in shown]
    return [heading("problems", width, look), *lines, *([[span(f"  and {more} more", DIM)]] * bool(more)), []]


def _machines(
    fleet: FleetPicture, scrolled: int, width: int, room: int, look: Look
) -> tuple[list[Line], int]:
    """Draw as many rows as have room; those without a line are counted."""
    rows = fleet_rows(fleet)
    untold = fleet.group_count - len(fleet.groups)
    layout = lay_out_fleet(rows, width)
    space = max(0, room - 1)
    hides = len(rows) > space or untold > 0
    shown = max(0, space - hides)
    most = max(0, len(rows) - shown)
    first = min(scrolled, most)
    words = [row_words(row, fleet.since_told_seconds) for row in rows[first : first + shown]]
    lines = [fleet_heads(layout, look), *(row_line(row, layout, look, old=bool(fleet.old)) for row in words)]
    if hides and space:
        lines.append(_hidden(first, len(rows) - first - shown, untold, look))
    return lines[:room], most


def _hidden(above: int, below: int, untold: int, look: Look) -> Line:
    words = [f"{above} more above" if above else "", f"{below} more below" if below > 0 else ""]
    words.append(f"{untold} groups not told" if untold > 0 else "")
    return [span("    " + f" {look.signs.bullet} ".join(one for one in words if one), DIM)]


def _foot(
    fleets: Sequence[FleetPicture], view: FleetView, width: int, look: Look, urgent: str | None
) -> Line:
    place = f"{view.place + 1} of {len(fleets)}  Tab next  " if len(fleets) > 1 else ""
    keys = f"  {place}arrows scroll  f back  ? help  q quit" if width >= 60 else "  f back"
    words = shorten(clean(urgent or "", look), max(0, width - len(keys)), look)
    return justify([span(words, warn_style(look))], [span(keys, DIM)], width)
