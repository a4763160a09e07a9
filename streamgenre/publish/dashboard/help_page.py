"""What the keys do and the signs mean, over the whole screen."""

from __future__ import annotations

from typing import get_args

from streamgenre.messages import Status
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.standing import SIGNS
from streamgenre.publish.dashboard.text import Line, beside, fit, heading, pad, span

KEYS_OF_MANY = (
    ("arrows, j k, n p", "previous, next source"),
    ("Enter", "all of a source, and back"),
    ("Escape", "back to the table"),
    ("1 to 9", "that source"),
    ("t", "next source in trouble"),
)
KEYS_OF_FLEETS = (("f", "the fleet, and back"),)
KEYS = (
    ("Space", "hold the picture"),
    ("?", "this page"),
    ("q, Ctrl-C", "end"),
)
MEANINGS = {
    "online": "heard",
    "starting": "about to be opened",
    "waiting": "nothing told yet",
    "stalled": "no sound comes",
    "reconnecting": "tried again",
    "stale": "nothing told for long",
    "unavailable": "not heard by its node",
    "offline": "its node is gone",
    "ended": "played to its end",
    "failed": "cannot be opened",
    "disabled": "turned off",
}
TWO_COLUMNS = 76


def help_page(width: int, height: int, look: Look, *, many: bool, fleets: bool = False) -> Lines:
    """Draw it in exactly `width` by `height` cells."""
    signs = look.signs
    half = (width - 2) // 2 if width >= TWO_COLUMNS else width
    names = (*KEYS_OF_MANY * many, *KEYS_OF_FLEETS * fleets, *KEYS)
    keys = _block("keys", names, half, look, 16)
    status = [(signs.status[one], one.replace("_", " ")) for one in get_args(Status)]
    status += [
        ("jazz ?", "less sure than even odds"),
        (f"{signs.provisional}0:03", "provisional, then stable"),
    ]
    statuses = _block("what is heard", status, half, look, 8)
    conditions = [
        (sign[0 if look.unicode else 1], f"{name}: {MEANINGS[name]}" if name in MEANINGS else name)
        for name, sign in SIGNS.items()
    ]
    sources = _block("sources", [*conditions, (signs.alarm, "an alarm is active")], half, look, 3)
    if width >= TWO_COLUMNS:
        body = beside([*keys, [], *statuses], sources, half, width - 2 - half)
    else:
        body = [*keys, [], *statuses, [], *sources]
    body = body[: height - 1] + [[]] * (height - 1 - len(body)) + [[span("any key goes back", DIM)]]
    return Lines(tuple(fit(line, width) for line in body[-height:] if height))


def _block(
    title: str, rows: tuple[tuple[str, str], ...] | list[tuple[str, str]], width: int, look: Look, first: int
) -> list[Line]:
    return [
        heading(title, width, look),
        *([span(pad(name, first, look) + " ", BOLD), span(words)] for name, words in rows),
    ]
