"""Words and lengths of the history as people read them."""

from __future__ import annotations

import unicodedata

MOST_LETTERS = 200
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return text from the network without what a terminal, a page or a sheet would obey or cannot hold."""
    if text.isprintable():
        return text
    return "".join(letter for letter in text if unicodedata.category(letter) not in UNPRINTABLE)


def brief(text: str, most: int = MOST_LETTERS) -> str:
    """Return printable text, cut where a title is as long as a book."""
    shown = printable(text[: 8 * most])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def length(seconds: float) -> str:
    """Return a length of time: 45 s, 3:07 min, 2 h 05 min, 3 d 4 h; what is there is never 0 s."""
    if 0 < seconds <= 0.5:
        return "<1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"


def spoken(label: str) -> str:
    """Return a genre, status or kind of alarm as words."""
    return {"music": "music, no genre"}.get(label, label.replace("_", " "))


def percent(share: float) -> str:
    """Return a share; only nothing is 0 %, and only all of it 100 %."""
    if 0 < share <= 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else f"{share:.0%}".replace("%", " %")
