"""What has happened lately, of all sources, in words."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.messages import Alarm, Change, SourceChange, StatusAndGenre, TitleChange
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, genre_style, warn_style
from streamgenre.publish.dashboard.reading import Told
from streamgenre.publish.dashboard.text import Line, clean, clock, moment, pad, shorten, span

WHO_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Happening:
    """One event."""

    time_seconds: float
    """Since 1970, by the clock of its node."""
    node: str
    source: str
    """Empty: it is of the node as a whole."""
    words: str
    genre: str | None = None
    """What it changed to."""
    urgent: bool = False
    late: bool = False
    """It was told long after it happened."""


def happening(told: Told, node: str, source: str) -> Happening | None:
    """Put an event into words; None for what is none, or says nothing new."""
    at = told.time_seconds
    match told.message:
        case Change(from_=before, to=after, previous_seconds=lasted):
            words = f"{_name(before)} → {_name(after)}, after {clock(lasted)}"
            found = Happening(at, node, source, words, after.genre, late=told.late)
        case Alarm(kind=kind, active=active):
            words = f"{kind.replace('_', ' ')} {'begins' if active else 'is over'}"
            found = Happening(at, node, source, words, urgent=active, late=told.late)
        case SourceChange(state=state, reason=reason):
            words = f"{state}: {reason}" if reason else state
            urgent = state in {"stalled", "reconnecting", "failed"}
            found = Happening(at, node, source, words, urgent=urgent, late=told.late)
        case TitleChange(title=title) if title:
            found = Happening(at, node, source, f"♫ {title}", late=told.late)
        case _:
            found = None
    return found


def _name(side: StatusAndGenre) -> str:
    return side.genre or side.status.replace("_", " ")


def happening_line(one: Happening, width: int, look: Look, *, with_node: bool) -> Line:
    """Draw it in a line."""
    name = "/".join(part for part in (one.node if with_node or not one.source else "", one.source) if part)
    sign = look.signs.alarm if one.urgent else look.signs.swatch if one.genre else look.signs.bullet
    style = warn_style(look) if one.urgent else genre_style(one.genre, look) if one.genre else DIM
    who = min(WHO_WIDTH, max(6, width // 5))
    words = one.words if look.unicode else one.words.replace("→", "->").replace("♫", look.signs.note)
    room = max(0, width - 12 - who)
    return [
        span(f"{moment(one.time_seconds)} ", DIM),
        span(f"{sign} ", style),
        span(pad(clean(name, look), who, look) + " ", PLAIN),
        span(
            shorten(clean(words, look) + (" (told late)" if one.late else ""), room, look),
            BOLD if one.urgent else PLAIN,
        ),
    ]
