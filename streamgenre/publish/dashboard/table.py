"""Many sources on one screen, a line each; what has room depends on the width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from rich.cells import cell_len
from rich.style import Style

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import (
    BOLD,
    DIM,
    PLAIN,
    REVERSE,
    fill_style,
    level_style,
    warn_style,
)
from streamgenre.publish.dashboard.picture import NOT_SURE, Picture
from streamgenre.publish.dashboard.ribbon import clock_scale, thin_ribbon
from streamgenre.publish.dashboard.screen import lag
from streamgenre.publish.dashboard.sound import METER_FLOOR_DBFS
from streamgenre.publish.dashboard.text import Line, clean, clock, decibels, fit, pad, percent, shorten, span
from streamgenre.publish.dashboard.verdict import (
    alarm_words,
    bar,
    headline,
    lasted_seconds,
    standing_sign,
    standing_style,
)

GENRE_WIDTH = 14
"""The sign of the status, and the name of the genre on its colour."""
LONGEST_NAME = 30
ENOUGH_RIBBON = 12
ENOUGH_TITLE = 16

Cell = Callable[[Picture, int, Look], Line]


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of every source."""

    title: str
    width: int
    draw: Cell


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that have room."""

    name_width: int
    columns: tuple[Column, ...]
    belief_width: int
    """Of the first columns together, where a source in trouble says so instead."""
    belief_columns: int
    ribbon_width: int


def lay_out(names: Sequence[str], known_seconds: float, width: int) -> Layout:
    """Choose the columns: a narrow window keeps what matters most.

    `names`: of all sources; `known_seconds`: how far back anything is known of any of them.
    """
    longest = max((cell_len(name) for name in names), default=8)
    name_width = min(longest, max(8, width - (40 if width >= 60 else 26)), LONGEST_NAME)
    columns = [Column("genre", GENRE_WIDTH, _genre), Column("sure", 5, _confidence)]
    room = width - 4 - name_width - sum(column.width + 1 for column in columns)
    for least, column in (
        (0, Column("for", 8, _lasted)),
        (ENOUGH_RIBBON, Column("level", 6, _level)),
        (ENOUGH_RIBBON + 36, Column("", 8, _level_bar)),
        (ENOUGH_RIBBON + 20, Column("lag", 8, _lag)),
        (ENOUGH_RIBBON + 50, Column("told", 8, _age)),
    ):
        if room >= least + column.width + 1:
            room -= column.width + 1
            columns.append(column)
    believed = [column for column in columns if column.draw not in {_lag, _age}]
    ribbon_width, title_width = _share(room)
    if ribbon_width:
        step = clock_scale(known_seconds, ribbon_width)
        ribbon = partial(thin_ribbon, step=step)
        columns.insert(len(believed), Column(f"last {clock(step * ribbon_width)}", ribbon_width, ribbon))
    if title_width:
        columns.append(Column("title", title_width, _title))
    belief_width = sum(column.width + 1 for column in believed) - 1
    return Layout(name_width, tuple(columns), belief_width, len(believed), ribbon_width)


def _share(room: int) -> tuple[int, int]:
    """Share what is left between ribbon and title, each with its gap."""
    if room < ENOUGH_RIBBON + 1:
        return 0, 0
    if room < ENOUGH_RIBBON + ENOUGH_TITLE + 2:
        return room - 1, 0
    title = min(48, max(ENOUGH_TITLE, room * 2 // 5))
    return room - title - 2, title


def heads(layout: Layout, width: int) -> Line:
    """Name the columns."""
    line = [span(" " * 4 + "source".ljust(layout.name_width)[: layout.name_width], DIM)]
    for column in layout.columns:
        right = column.title in {"sure", "for", "level", "lag", "told"}
        words = column.title.rjust(column.width) if right else column.title.ljust(column.width)
        line.append(span(" " + words[: column.width], DIM))
    return fit(line, width)


def source_line(
    picture: Picture, name: str, layout: Layout, width: int, look: Look, *, selected: bool
) -> Line:
    """Fold a source to one line; what matters most stands left, where a narrow window still shows it."""
    cursor = (look.signs.cursor if selected else " ") + " "
    alarmed = bool(picture.alarms) and picture.standing.current
    sign = look.signs.alarm if alarmed else standing_sign(picture.standing, look)
    style = warn_style(look) if alarmed else standing_style(picture.standing, look)
    name_style = REVERSE + BOLD if selected else PLAIN
    line = [
        span(cursor, BOLD),
        span(f"{sign} ", style),
        span(pad(clean(name, look), layout.name_width, look), name_style),
    ]
    columns = layout.columns
    if not picture.standing.current or (alarmed and not _says_alarms(layout)):
        line += [span(" "), *_trouble(picture, layout.belief_width, look)]
        columns = columns[layout.belief_columns :]
    for column in columns:
        line += [span(" "), *fit(column.draw(picture, column.width, look), column.width)]
    return fit(line, width)


def _says_alarms(layout: Layout) -> bool:
    return any(column.draw is _title for column in layout.columns)


def _trouble(picture: Picture, width: int, look: Look) -> Line:
    standing = picture.standing
    if standing.current:
        words, style = ", ".join(alarm_words(alarm, picture, look) for alarm in picture.alarms), None
        return fit([span(shorten(words, width, look), warn_style(look))], width)
    words = clean(standing.words, look)
    style = warn_style(look) if standing.in_trouble else PLAIN
    line = [span(shorten(words, width, look), style)]
    belief = picture.state
    was = f"  was {clean(belief.genre or belief.status.replace('_', ' '), look)}" if belief else ""
    if cell_len(words) + cell_len(was) <= width:
        line.append(span(was, DIM))
    return fit(line, width)


def _genre(picture: Picture, width: int, look: Look) -> Line:
    """The genre on its colour, as in the ribbon; what is no genre is written on nothing."""
    belief = picture.state
    if belief is None:
        return [span("  " + ("waiting" if picture.standing.condition == "waiting" else "listening"), DIM)]
    word = clean(headline(picture), look) + (" ?" if picture.unsure else "")
    sign = span(f"{look.signs.status[belief.status]} ", BOLD)
    if belief.genre is None:
        return [sign, span(shorten(word, width - 2, look), DIM if belief.status == "unknown" else PLAIN)]
    return [sign, span(pad(f" {word}", width - 2, look), fill_style(belief.genre, look))]


def _confidence(picture: Picture, width: int, look: Look) -> Line:
    confidence = picture.state.confidence if picture.state else None
    if confidence is None:
        return []
    style = warn_style(look) if confidence < NOT_SURE else PLAIN
    return [span(percent(confidence).rjust(width), style)]


def _lasted(picture: Picture, width: int, look: Look) -> Line:
    """For how long it has been believed, with a sign while the evidence is thin."""
    if picture.state is None:
        return []
    provisional = picture.state.stability == "provisional"
    words = (look.signs.provisional if provisional else "") + clock(lasted_seconds(picture, picture.state))
    return [span(words.rjust(width), BOLD if provisional else DIM)]


def _dbfs(picture: Picture) -> float | None:
    if picture.level:
        return picture.level.rms_dbfs
    return picture.state.level_dbfs if picture.state else None


def _level(picture: Picture, width: int, look: Look) -> Line:
    dbfs = _dbfs(picture)
    return [span(("" if dbfs is None else decibels(dbfs, look)).rjust(width), PLAIN)]


def _level_bar(picture: Picture, width: int, look: Look) -> Line:
    dbfs = _dbfs(picture)
    if dbfs is None:
        return []
    share = (max(dbfs, METER_FLOOR_DBFS) - METER_FLOOR_DBFS) / -METER_FLOOR_DBFS
    return bar(share, width, level_style(dbfs, look), look)


def _lag(picture: Picture, width: int, look: Look) -> Line:
    words = clean(lag(picture), look)
    return [span(shorten(words if words != "not measured" else "", width, look).rjust(width), DIM)]


def _age(picture: Picture, width: int, look: Look) -> Line:
    style: Style = DIM if picture.standing.current else BOLD
    return [span(shorten(f"{clock(picture.age_seconds)} ago", width, look).rjust(width), style)]


def _title(picture: Picture, width: int, look: Look) -> Line:
    """Alarms go before the title."""
    line: Line = []
    for alarm in picture.alarms:
        line += [span(f" {alarm_words(alarm, picture, look)} ", warn_style(look) + REVERSE), span(" ")]
    used = sum(cell_len(text) for text, *_ in line)
    return [*line, span(shorten(clean(picture.title or "", look), max(0, width - used), look))]
