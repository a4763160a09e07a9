"""One station as a list has it, before anything of it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streamgenre.capture.source_text import cut

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """What one table, row or line says."""

    line: int
    """The first of it, counted from 1."""
    values: Mapping[str, object]
    """By the names of the keys of `[[sources]]`, among which there may be unknown ones."""
    lines: Mapping[str, int] = field(default_factory=dict[str, int])
    """Where a value does not stand on the first line."""
    texts: bool = True
    """Whether numbers and flags are written as text, as in a spreadsheet."""
    label: str = ""
    """What an id is made of before the name, where the list has a lasting one; may be any text."""

    def line_of(self, key: str) -> int:
        """Return where a value stands."""
        return self.lines.get(key, self.line)


def fitting_name(text: str) -> str:
    """Return a name of a playlist, which knows no bounds, as one that the configuration would take."""
    words = "".join(letter if letter.isprintable() else " " for letter in text).split()
    return cut(" ".join(words), LONGEST_NAME)
