"""Tables on stdout: as wide as the terminal, uncut elsewhere, their words taken literally."""

from __future__ import annotations

import sys
import unicodedata

from rich.console import Console
from rich.text import Text

PLENTY = 10_000
"""Columns where nobody counts them: nothing is cut short."""

UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn what follows around, in the next column too."""


def table_console() -> Console:
    """Return a console for a table on stdout."""
    return Console(width=None if sys.stdout.isatty() else PLENTY)


def literal(text: str, style: str = "") -> Text:
    """Return a cell that shows exactly this: no markup, control characters spelled out."""
    return Text(one_line(text), style=style)


def one_line(text: str) -> str:
    """Return the text with what is no letter or moves others (line ends, marks of direction) spelled out."""
    return "".join(_spelled(letter) for letter in text)


def _spelled(letter: str) -> str:
    spelled = letter in DIRECTION_MARKS or unicodedata.category(letter) in UNPRINTABLE
    return repr(letter)[1:-1] if spelled else letter
