"""Many sources on one screen, a line each."""

from __future__ import annotations

from collections.abc import Sequence

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, genre_style, good_style, warn_style
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.text import Line, clean, clock, decibels, fit, heading, pad, percent, span
from streamgenre.publish.dashboard.verdict import SOURCE_SIGNS, alarm_span, headline, source_words

SOURCE_WIDTH = 16
GENRE_WIDTH = 13


def render_table(pictures: Sequence[Picture], width: int, height: int, look: Look) -> Lines:
    """Draw every source in exactly `width` by `height` cells; those without room are counted."""
    lines: list[Line] = [heading(f"streamgenre  {len(pictures)} sources", width, look)]
    room = height - 1
    shown = pictures if len(pictures) <= room else pictures[: max(0, room - 1)]
    lines += [source_line(picture, width, look) for picture in shown]
    if len(shown) < len(pictures):
        lines.append([span(f"and {len(pictures) - len(shown)} more; a taller window shows them", DIM)])
    lines = lines[:height] + [[]] * (height - len(lines))
    return Lines(tuple(fit(line, width) for line in lines))


def source_line(picture: Picture, width: int, look: Look) -> Line:
    """Fold a source to one line; what matters most stands left, where a narrow window still shows it."""
    state, words = source_words(picture)
    name = f"{clean(picture.node, look)}/{clean(picture.source, look)}"
    well = state == "online" and not picture.alarms
    sign = (
        look.signs.alarm if state == "online" and not well else SOURCE_SIGNS[state][0 if look.unicode else 1]
    )
    line = [
        span(f"{sign} ", good_style(look) if well else warn_style(look)),
        span(pad(name, SOURCE_WIDTH, look) + " "),
    ]
    if state != "online":
        return fit([*line, span(clean(words, look), BOLD)], width)
    return fit([*line, *_belief(picture, look)], width)


def _belief(picture: Picture, look: Look) -> Line:
    belief = picture.state
    if belief is None:
        return [span("listening", DIM)]
    confidence = percent(belief.confidence) if belief.confidence is not None else ""
    lasted = clock(belief.audio_seconds - belief.since_seconds)
    level = decibels(picture.level.rms_dbfs if picture.level else belief.level_dbfs, look)
    return [
        span(f"{look.signs.status[belief.status]} ", BOLD),
        span(f"{look.signs.swatch} " if belief.genre else "  ", genre_style(belief.genre, look)),
        span(pad(headline(picture) + (" ?" if picture.unsure else ""), GENRE_WIDTH, look), BOLD),
        span(f"{confidence:>5} "),
        span(f"{lasted:>8} {level:>6} dBFS  ", DIM),
        *_alarms(picture, look),
        span(clean(picture.title or "", look)),
    ]


def _alarms(picture: Picture, look: Look) -> Line:
    return [part for alarm in picture.alarms for part in (*alarm_span(alarm, picture, look), span(" "))]
