"""Tables on stdout: as wide as the terminal, uncut elsewhere, their words taken literally."""

from __future__ import annotations

import sys
import unicodedata

from rich.console import Console
from rich.text import Text

PLENTY = 10_000
"""Columns where nobody counts them: nothing is cut short."""

UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def table_console() -> Console:
    """Return a console for a table on stdout."""
    return Console(width=None if sys.stdout.isatty() else PLENTY)


def literal(text: str, style: str = "") -> Text:
    """Return a cell that shows exactly this: no markup, control characters spelled out."""
    return Text(one_line(text), style=style)


def one_line(text: str) -> str:
    """Return the text with control characters, line ends and stray bytes spelled out as Python does."""
    return "".join(_spelled(letter) for letter in text)


def _spelled(letter: str) -> str:
    return repr(letter)[1:-1] if unicodedata.category(letter) in UNPRINTABLE else letter
