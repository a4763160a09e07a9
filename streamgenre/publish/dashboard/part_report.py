"""What was played and what was heard in it, part by part, for the terminal after the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from streamgenre.messages import State
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, PLAIN, good_style, warn_style
from streamgenre.publish.dashboard.part import Part
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.ribbon import ribbon
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.text import Line, clean, fit, heading, pad, percent, span

WIDEST = 110
TITLE_WIDTH = 20
STYLE_WIDTH = 31
KIND_WIDTH = 11
HEARD_WIDTH = 11
FOR_WIDTH = 10
FOR_FROM = 36
"""So wide there is room for it; a figure that is cut is another figure."""
SURE_WIDTH = 6
SURE_FROM = 49
SHORT_SECONDS = 1.0
"""A part that was left so long before its end was broken off."""


@dataclass(frozen=True, slots=True)
class HeardPart:
    """What was heard longest in a part."""

    part: Part
    name: str
    seconds: float
    """For how long it was believed."""
    of_seconds: float
    """For how long anything was."""
    confidence: float | None
    """The mean."""
    fits: bool | None
    """None: the model has no label for it or hears more than that before it decides, or it was broken off."""


def heard_parts(parts: Sequence[Part], states: Sequence[State], labels: Sequence[str]) -> list[HeardPart]:
    """Say of each part that was played what was heard longest in it; `labels` are those of the model."""
    within = [(part, [one for one in states if _within(one, part)]) for part in parts]
    return [_heard(part, told, labels) for part, told in within if told]


def _within(state: State, part: Part) -> bool:
    """Whether a state tells of sound that ended within the part."""
    return part.start_seconds < state.audio_seconds <= part.end_seconds


def _heard(part: Part, states: Sequence[State], labels: Sequence[str]) -> HeardPart:
    ordered = sorted(states, key=_belief)
    most = max((list(group) for _, group in groupby(ordered, key=_belief)), key=len)
    share = len(most) / len(states)
    of_seconds = max(one.audio_seconds for one in states) - part.start_seconds
    sure = [one.confidence for one in most if one.confidence is not None]
    genre, status = most[0].genre, most[0].status
    fits = status == part.status and (not part.fitting or genre in part.fitting)
    broken_off = of_seconds < part.end_seconds - part.start_seconds - SHORT_SECONDS
    heard_enough = not broken_off and most[0].reason != "filling"
    judged = heard_enough and (not part.fitting or bool(set(part.fitting) & set(labels)))
    return HeardPart(
        part,
        genre or ("undecided" if status == "music" else status.replace("_", " ")),
        share * of_seconds,
        of_seconds,
        sum(sure) / len(sure) if sure else None,
        fits if judged else None,
    )


def _belief(state: State) -> tuple[str, str]:
    return state.status, state.genre or ""


def part_report(picture: Picture, heard: Sequence[HeardPart], width: int, look: Look) -> Lines:
    """Draw a line for each part, then what was played and heard as ribbons; at most `width` wide."""
    width = min(width, WIDEST)
    lines = [heading("what was played, and what was heard longest in it", width, look)]
    lines += [_row(one, width, look) for one in heard]
    lines += [[], *ribbon(picture, width, look)[1:], *_verdict(heard, width)]
    return Lines(tuple(fit(line, width) for line in lines))


def _row(heard: HeardPart, width: int, look: Look) -> Line:
    """Draw what has room whole: the sign, the title, what it was, what was heard, for how long, how sure."""
    signs = look.signs
    sign, style = (signs.right, good_style(look)) if heard.fits else (signs.wrong, warn_style(look))
    if heard.fits is None:
        sign, style = signs.bullet, DIM
    what_width = STYLE_WIDTH if width >= 80 else KIND_WIDTH if width >= 60 else 0
    what = heard.part.style if what_width == STYLE_WIDTH else heard.part.kind
    for_width = FOR_WIDTH if width >= FOR_FROM else 0
    title_width = min(TITLE_WIDTH, max(0, width - 2 - HEARD_WIDTH - for_width))
    words = f"{heard.seconds:.0f} of {heard.of_seconds:.0f} s"
    sure = "" if heard.confidence is None else percent(heard.confidence)
    return [
        span(f"{sign} ", style),
        span(pad(clean(heard.part.title, look), title_width - 1, look) + " ", PLAIN),
        span(pad(clean(what, look), what_width - 1, look) + " " if what_width else "", DIM),
        span(pad(clean(heard.name, look), HEARD_WIDTH - 1, look) + " ", BOLD),
        span(words.rjust(for_width) if for_width else "", PLAIN),
        span(sure.rjust(SURE_WIDTH) if width >= SURE_FROM else "", DIM),
    ]


def _verdict(heard: Sequence[HeardPart], width: int) -> list[Line]:
    """Count; on two lines where one is too narrow."""
    right, wrong = (sum(one.fits is fits for one in heard) for fits in (True, False))
    if not right + wrong:
        return []
    count = f"{right} of {right + wrong} heard longest as what they are"
    if not wrong:
        return [[span(count)]]
    others = "the others are the model's own errors"
    both = f"{count}; {others}"
    return [[span(both)]] if len(both) <= width else [[span(f"{count};")], [span(others)]]
