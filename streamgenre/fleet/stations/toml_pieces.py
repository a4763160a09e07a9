"""A TOML file cut at its headers, so that an error in one table costs no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from streamgenre.config.document import Table

MOST_JOINED = 100
"""Lines that look like a header within one value."""
_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_KEY = re.compile(r"[ \t]*([\"']?)([^\s\"'=.\[\]{}#]{1,200})\1[ \t]*[.=]")
_AT_LINE = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$")
_HINTS = {
    "Invalid value": "; text stands in quotes",
    r"Illegal character '\n'": "; a quote is not closed on its line",
}
_IN_VALUES = re.compile(r"\"(?:[^\"\\\n]++|\\.)*+\"|'[^'\n]*+'|#[^\n]*+|[{}]")


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands from one header to the next."""

    line: int
    """Of its header, from 1."""
    text: str
    table: Table | None = None
    """What it says; None: it is no TOML."""
    error: str = ""
    """Why it is none."""
    error_line: int = 0
    """Of the whole file."""

    def lines_of_keys(self) -> dict[str, int]:
        """Return where each key stands first."""
        found: dict[str, int] = {}
        for line, text in enumerate(self.text.split("\n"), start=self.line):
            if key := _KEY.match(text):
                found.setdefault(key[2], line)
        return found

    def lines_of_inline_tables(self) -> list[int]:
        """Return where each `{` stands that is in no other."""
        found: list[int] = []
        depth = line = counted = 0
        for token in _IN_VALUES.finditer(self.text):
            line, counted = line + self.text.count("\n", counted, token.start()), token.start()
            if token[0] == "{" and depth == 0:
                found.append(self.line + line)
            depth += {"{": 1, "}": -1}.get(token[0], 0)
        return found


def pieces(text: str) -> Iterator[Piece]:
    """Yield every piece of a file that is not blank, read."""
    most = MOST_JOINED if _read(1, text).table is not None else 1
    cuts = sorted({0, len(text), *(header.start() for header in _HEADER.finditer(text))})
    line = 1
    number = 0
    while number < len(cuts) - 1:
        piece, number = _piece(line, text, cuts, number, most)
        line += piece.text.count("\n")
        if piece.text.strip():
            yield piece


def _piece(line: int, text: str, cuts: list[int], number: int, most: int) -> tuple[Piece, int]:
    """Return what begins at a cut, and the number of the cut where it ends.

    In a file that is TOML, a piece that is none was cut within a value: it goes on to a later cut.
    """
    begin = cuts[number]
    for end in range(number + 1, min(number + most, len(cuts) - 1) + 1):
        piece = _read(line, text[begin : cuts[end]])
        if piece.table is not None:
            return piece, end
    return _read(line, text[begin : cuts[number + 1]]), number + 1


def _read(line: int, text: str) -> Piece:
    try:
        return Piece(line, text, tomllib.loads(text))
    except RecursionError:
        return Piece(line, text, None, "values are nested too deeply", line)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        within = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        said = _AT_LINE.sub("", str(error))
        hint = next((hint for begun, hint in _HINTS.items() if said.startswith(begun)), "")
        return Piece(line, text, None, f"{said}{hint}", line + within - 1)
    except ValueError:  # Python refuses to read a number of thousands of digits
        return Piece(line, text, None, "a number or a date in it is none", line)
