"""One source on one screen: who gets how many lines, from a window of five lines to a wall."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import DIM, warn_style
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.ribbon import change_list, ribbon
from streamgenre.publish.dashboard.sound import level_line, level_scale, spectrum
from streamgenre.publish.dashboard.text import (
    Line,
    beside,
    clean,
    clock,
    fit,
    heading,
    justify,
    line_width,
    separated,
    shorten,
    span,
)
from streamgenre.publish.dashboard.verdict import (
    big_name,
    header,
    tag_line,
    title_line,
    top_list,
    verdict_line,
)

TWO_COLUMNS = 72
BIG_LETTERS = 40
"""Width below which hardly a genre fits in big letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A renderable of lines that already have their size."""

    lines: tuple[Line, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give rich the segments as they are."""
        for line in self.lines:
            yield from line
            yield Segment.line()


@dataclass(frozen=True, slots=True)
class Foot:
    """What the last line says beside the accounts."""

    keys: str = "Ctrl-C ends"
    urgent: str | None = None
    """Takes the place of the accounts."""


FOOT = Foot()
CLOCKS_DISAGREE_SECONDS = 5.0
"""What comes over a network may be a second or two old."""
AIR_AFTER = (1, 3, 4, 5)
"""How many blank lines there must be for one to follow the upper part, the lists, the sound, the ribbon."""

# What each step adds to the screen, in the order in which room is given out.
_STEPS = (
    ("name", 1), ("verdict", 1), ("header", 1), ("level", 1), ("top", 3), ("footer", 1), ("title", 1),
    ("ribbon", 3), ("top", 1), ("name", 3), ("tags", 1), ("spectrum", 4), ("top", 2), ("air", 1),
    ("spectrum", 3), ("scale", 1), ("air", 1), ("spectrum", 3), ("air", 1), ("thickness", 1), ("air", 1),
    ("name", 3), ("spectrum", 6), ("top", 2), ("thickness", 1), ("air", 1),
)  # fmt: skip


def allot(height: int, *, planned: bool = False) -> dict[str, int]:
    """Give every part its lines, most needed first; what is left goes to the spectrum.

    `planned`: the ribbon has another one above it, of what is played.
    """
    rows = dict.fromkeys((part for part, _ in _STEPS), 0)
    left = height
    for part, step in _STEPS:
        count = step + (planned and part == "ribbon")
        if count > left:
            continue
        rows[part] += count
        left -= count
    if rows["spectrum"]:
        rows["spectrum"] += left
    return rows


def render(picture: Picture, width: int, height: int, look: Look, foot: Foot = FOOT) -> Lines:
    """Draw a source in exactly `width` by `height` cells."""
    rows = allot(height, planned=bool(picture.parts))
    if width < BIG_LETTERS:
        rows["spectrum"] += rows["name"] - 1 if rows["spectrum"] else 0
        rows["name"] = 1
    parts = [
        _upper(picture, width, rows, look),
        _lists(picture, width, rows, look),
        _sound(picture, width, rows, look),
        _ribbon(picture, width, rows, look),
    ]
    body: list[Line] = []
    for place, part in enumerate(parts):
        body += part
        body += [[]] * (rows["air"] >= AIR_AFTER[place])
    tail = [footer(picture, width, look, foot)] * rows["footer"]
    body = body[: height - len(tail)]
    body += [[]] * (height - len(tail) - len(body)) + tail
    return Lines(tuple(fit(line, width) for line in body))


def _upper(picture: Picture, width: int, rows: dict[str, int], look: Look) -> list[Line]:
    lines = [header(picture, width, look)] * rows["header"]
    lines += [[]] * (rows["air"] >= 2)
    lines += _middle(big_name(picture, width, rows["name"], look), rows["name"])
    lines += [verdict_line(picture, width, look)] * rows["verdict"]
    lines += [title_line(picture, width, look)] * rows["title"]
    lines += [tag_line(picture, width, look)] * rows["tags"]
    return lines


def _lists(picture: Picture, width: int, rows: dict[str, int], look: Look) -> list[Line]:
    count = rows["top"]
    if count == 0:
        return []
    if width < TWO_COLUMNS:
        return _filled(top_list(picture, width, count, look), count)
    left = (width - 2) * 6 // 11
    right = width - 2 - left
    lists = top_list(picture, left, count, look), change_list(picture, right, count, look)
    return _filled(beside(*lists, left, right), count)


def _filled(lines: list[Line], rows: int) -> list[Line]:
    """Keep a part its height, so that nothing jumps when its content does."""
    return lines + [[]] * (rows - len(lines))


def _middle(lines: list[Line], rows: int) -> list[Line]:
    return _filled([[]] * ((rows - len(lines)) // 2) + lines, rows)


def _sound(picture: Picture, width: int, rows: dict[str, int], look: Look) -> list[Line]:
    lines: list[Line] = []
    if rows["spectrum"]:
        seconds = picture.mel_column_seconds * width
        words = f"sound, last {seconds:.0f} s" if len(picture.mel_columns) > 1 else "sound"
        lines.append(heading(words, width, look))
        if len(picture.mel_columns):
            lines += spectrum(picture, width, rows["spectrum"] - 1, look)
        else:
            lines += _filled([[span(_why_no_spectrum(picture), DIM)]], rows["spectrum"] - 1)
    lines += [level_line(picture, width, look)] * rows["level"]
    lines += [level_scale(width, look)] * rows["scale"]
    return lines


def _why_no_spectrum(picture: Picture) -> str:
    if picture.watched:
        return "shown as soon as its node sends it" if picture.standing.current else "nothing comes"
    return "shown from the first decision on"


def _ribbon(picture: Picture, width: int, rows: dict[str, int], look: Look) -> list[Line]:
    return ribbon(picture, width, look, 1 + rows["thickness"]) if rows["ribbon"] else []


def footer(picture: Picture, width: int, look: Look, foot: Foot = FOOT) -> Line:
    """Write the accounts: how long, how far behind, what was lost; whether clocks disagree."""
    keys: Line = [span(f"  {foot.keys}", DIM)]
    room = width - line_width(keys)
    if foot.urgent:
        return justify([span(shorten(clean(foot.urgent, look), room, look), warn_style(look))], keys, width)
    if picture.note:
        return justify([span(shorten(clean(picture.note, look), room, look))], keys, width)
    return justify(separated(_accounts(picture, look), look, room), keys, width)


def _accounts(picture: Picture, look: Look) -> list[Line]:
    state, diagnostics = picture.state, picture.diagnostics
    lost = diagnostics.accounts.lost if diagnostics else state.lost_samples if state else 0
    running = picture.running_seconds
    facts = [
        (
            "watched" if running is None else "up",
            clock(picture.uptime_seconds if running is None else running),
        ),
        ("lag", lag(picture)),
        ("lost", f"{lost}"),
        ("reconnects", "unknown" if picture.reconnects is None else f"{picture.reconnects}"),
        ("audio", "unknown" if picture.audio_seconds is None else _audio(picture.audio_seconds)),
    ]
    if picture.by_clock:
        facts.append(("told", f"{clock(picture.age_seconds)} ago"))
    if picture.version:
        facts.append(("version", clean(picture.version, look)))
    lines = [[span(f"{name} ", DIM), span(value)] for name, value in facts]
    return [*clock_warning(picture.ahead_seconds, look), *lines]


def clock_warning(ahead_seconds: float | None, look: Look) -> list[Line]:
    """Say that a clock elsewhere disagrees with ours, where it does."""
    if ahead_seconds is None or abs(ahead_seconds) < CLOCKS_DISAGREE_SECONDS:
        return []
    words = f"its clock is {clock(abs(ahead_seconds))} {'ahead' if ahead_seconds > 0 else 'behind'}"
    return [[span(words, warn_style(look))]]


def _audio(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 600 else clock(seconds)


def lag(picture: Picture) -> str:
    """Say how far behind the sound its decisions are."""
    if picture.latency_ms is not None:
        return f"{picture.latency_ms:.0f} ms"
    return f"{picture.diagnostics.lag_seconds:.1f} s" if picture.diagnostics else "not measured"
