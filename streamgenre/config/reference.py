"""The reference of all keys in Markdown, as docs/configuration.md holds it."""

from __future__ import annotations

from streamgenre.config.keys import Key, Section
from streamgenre.config.table import SECTIONS
from streamgenre.config.toml_text import toml_value
from streamgenre.config.words import default_in_words

BEGIN = "<!-- keys: begin -->"
END = "<!-- keys: end -->"
COLUMNS = ("key", "meaning", "allowed", "default", "example")


def reference() -> str:
    """Return a table of keys for each section."""
    return "\n\n".join(_section(section) for section in SECTIONS)


def with_reference(page: str) -> str:
    """Return the page with the tables of today between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _section(section: Section) -> str:
    rows = [_row(COLUMNS), _row(("---",) * len(COLUMNS))]
    rows += [_row(_cells(key)) for key in section.keys]
    return "\n".join([f"### `{section.header}`", "", f"{section.meaning}.", "", *rows])


def _cells(key: Key) -> tuple[str, ...]:
    meaning = f"{key.meaning}; a change needs a restart" if key.restart else key.meaning
    example = f"`{toml_value(key.example)}`"
    return f"`{key.name}`", meaning, key.kind.allowed, default_in_words(key), example


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
