"""Words as manual pages want them: roff with the macros of man(7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def text(words: str) -> str:
    """Return words as they are to be read, in ASCII; a hyphen stays one that can be copied."""
    escaped = words.replace("\\", "\\(rs").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    escaped = escaped.replace("~", "\\(ti").replace("^", "\\(ha")
    plain = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{plain}" if plain.startswith(".") else plain


def prose(words: str) -> str:
    """Return words in which `code` stands in backticks, and a link in Markdown's way."""
    parts = CODE.split(LINK.sub(r"\1", words))
    return "".join(f"\\fB{text(part)}\\fR" if number % 2 else text(part) for number, part in enumerate(parts))


def code(lines: Iterable[str]) -> Iterator[str]:
    """Lay lines out as they are."""
    yield from (".PP", ".RS 4", ".nf", *map(text, lines), ".fi", ".RE")


def cells(page: str, heading: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of the table below a heading of a page in Markdown."""
    _, _, below = page.partition(f"\n## {heading}\n")
    rows = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert len(rows) > 2, f"there is no table below {heading}"
    for row in rows[2:]:
        name, meaning = row.strip("| ").split(" | ")
        yield name, meaning


def listed(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Lay rows out as names, each with its meaning below."""
    for name, meaning in rows:
        yield from (".TP", prose(name), prose(meaning))
