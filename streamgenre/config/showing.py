"""What holds, and where each value comes from: credentials masked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamgenre.capture.source_text import masked
from streamgenre.config.given import Given, GivenTable
from streamgenre.config.keys import Key, Section
from streamgenre.config.load import Loaded
from streamgenre.config.table import SECTIONS, SOURCES
from streamgenre.config.texts import STANDARD_OUTPUT
from streamgenre.config.toml_text import toml_value

Shown = dict[str, object]
Tables = Iterator[tuple[Section, GivenTable | None]]
ORIGIN_COLUMN = 48


def as_toml(loaded: Loaded) -> str:
    """Return a file that says the same, with a comment at each value saying who said it."""
    path = "no file" if loaded.path is None else str(loaded.path)
    parts = [f"# {toml_value(path)[1:-1]}"]
    parts += ["\n".join(_table_lines(loaded, section, table)) for section, table in _tables(loaded)]
    return "\n\n".join(parts) + "\n"


def as_object(loaded: Loaded) -> Shown:
    """Return the same as an object for JSON."""
    shown: Shown = {"file": None if loaded.path is None else str(loaded.path)}
    for section, table in _tables(loaded):
        values: Shown = {key.name: _entry(key, loaded.gathered.effective(key, table)) for key in section.keys}
        if section.many:
            kept = shown.setdefault(section.name, [])
            assert isinstance(kept, list)
            kept += [values] if table else []
        else:
            shown[section.name] = values if _runs(loaded, section) else None
    return shown


def _tables(loaded: Loaded) -> Tables:
    for section in SECTIONS:
        if section is not SOURCES:
            yield section, loaded.gathered.sections.get(section.name)
        elif loaded.gathered.sources:
            yield from ((SOURCES, table) for table in loaded.gathered.sources)
        else:
            yield SOURCES, None


def _table_lines(loaded: Loaded, section: Section, table: GivenTable | None) -> Iterator[str]:
    if not _runs(loaded, section) or (section.many and table is None):
        yield f"# {section.header} is not there"
        return
    yield section.header
    for key in section.keys:
        given = loaded.gathered.effective(key, table)
        line = _line(key, given)
        yield f"{line:<{ORIGIN_COLUMN}}  # {_origin(given)}"


def _runs(loaded: Loaded, section: Section) -> bool:
    return not section.optional or loaded.gathered.has(section.name)


def _line(key: Key, given: Given) -> str:
    value = _value(key, given)
    if value is None:
        return f"# {key.name}: {key.otherwise}"
    return f"{key.name} = {toml_value(value)}"


def _origin(given: Given) -> str:
    parts = (given.inherited, given.where if given.origin == "environment" else given.origin)
    return ", ".join(part for part in parts if part)


def _entry(key: Key, given: Given) -> Shown:
    entry: Shown = {"value": _value(key, given), "from": given.origin}
    return entry | ({"of": given.inherited} if given.inherited else {})


def _value(key: Key, given: Given) -> object:
    if given.value is None:
        return STANDARD_OUTPUT if given.origin != "default" else None
    plain = str(given.value) if isinstance(given.value, Path) else given.value
    return masked(str(plain)) if key.secret else plain
