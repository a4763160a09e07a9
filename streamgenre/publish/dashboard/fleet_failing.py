"""The stations of a fleet that fail, a line each: since when, why, and in which group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from streamgenre.publish.dashboard.fleet_picture import FailingPicture, FleetPicture
from streamgenre.publish.dashboard.fleet_words import since_words
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, warn_style
from streamgenre.publish.dashboard.text import Line, clean, clock, fit, pad, span

GROUP_WIDTH = 28
SINCE_WIDTH = 11
LASTED_WIDTH = 8
WITH_GROUP = 70
WITH_SINCE = 100
"""So wide there is room for the time of day."""
LEAST_NAME = 8


@dataclass(frozen=True, slots=True)
class _Widths:
    """0: there is no room for it."""

    name: int
    since: int
    group: int
    why: int

    @classmethod
    def of(cls, shown: Sequence[FailingPicture], width: int) -> _Widths:
        longest = max((cell_len(one.shown_as) for one in shown), default=0)
        name = max(1, min(longest, max(LEAST_NAME, width // 3)))
        group = min(GROUP_WIDTH, max((cell_len(one.group or "") for one in shown), default=0))
        group = group if width >= WITH_GROUP else 0
        since = SINCE_WIDTH if width >= WITH_SINCE else 0
        taken = 2 + name + 1 + LASTED_WIDTH + 1 + since + bool(since) + group + bool(group)
        why = max((cell_len(one.why) for one in shown), default=0)
        return cls(name, since, group, max(0, min(why, width - taken)))


def failing_lines(fleet: FleetPicture, width: int, most: int, look: Look, elsewhere: str = "") -> list[Line]:
    """Draw those that failed last, and count the others; `most` lines at most.

    `elsewhere`: where those that are not shown can be seen.
    """
    total, stations = fleet.failing_count, fleet.newest_failing_first()
    shown = stations[: most if total <= most else max(0, most - 1)]
    widths = _Widths.of(shown, width)
    lines = [fit(_line(one, fleet, widths, look), width) for one in shown]
    if total > len(shown):
        lines.append([span(f"  and {total - len(shown)} more{elsewhere}", DIM)])
    return lines[:most]


def _line(one: FailingPicture, fleet: FleetPicture, widths: _Widths, look: Look) -> Line:
    lasted = "" if one.seconds is None else clock(one.seconds + fleet.since_told_seconds)
    line = [
        span(f"{look.signs.alarm} ", warn_style(look)),
        span(pad(clean(one.shown_as, look), widths.name, look), PLAIN),
        span(f" {lasted:>{LASTED_WIDTH}} ", BOLD),
    ]
    if widths.since:
        line.append(span(since_words(fleet.time_seconds, one.seconds).ljust(widths.since + 1), DIM))
    line.append(span(pad(clean(one.why, look), widths.why, look), warn_style(look)))
    if widths.group:
        line.append(span(" " + pad(clean(one.group or "", look), widths.group, look), DIM))
    return [span(part.text, DIM) for part in line] if fleet.old else line
