"""Words and lengths of the history as people read them."""

from __future__ import annotations

import unicodedata

UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return text from the network without what a terminal, a page or a sheet would obey or cannot hold."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in UNPRINTABLE)


def length(seconds: float) -> str:
    """Return a length of time: 45 s, 3:07 min, 2 h 05 min, 3 d 4 h."""
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
    """Return a share; what is there and rounds to nothing is below one."""
    return "<1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")
