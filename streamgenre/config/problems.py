"""Everything wrong with a configuration, gathered to be told together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from streamgenre.capture.source_text import shown
from streamgenre.errors import ConfigurationError

LONGEST_SHOWN = 80


class Problems:
    """Collects one line a problem: where, which key, what value, what is allowed."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, where: str, text: str) -> None:
        """Note a problem of a file or of the environment."""
        self._lines.append(f"{where}: {text}")

    def raise_any(self) -> None:
        """Raise ConfigurationError with a line for each problem, if there is one."""
        if len(self._lines) == 1:
            raise ConfigurationError(self._lines[0])
        if self._lines:
            raise ConfigurationError(
                "\n".join([f"{len(self._lines)} errors in the configuration", *self._lines])
            )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" for what is like a known word, else the known ones."""
    words = list(known)
    begun = [one for one in words if word and one.startswith(word.lower())]
    near = difflib.get_close_matches(word.lower(), words, n=1) or begun
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(words)}"


def told(value: object) -> str:
    """Return a value as errors show it: on one line, not too long, its credentials masked."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except ValueError:  # a number of thousands of digits
        text = "a number far too long"
    text = shown(text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
