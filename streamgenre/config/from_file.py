"""What the file says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from streamgenre.capture.source_text import shown
from streamgenre.config.document import Table
from streamgenre.config.given import Gathered, GivenTable
from streamgenre.config.keys import Place, Section
from streamgenre.config.problems import Problems, nearest, told
from streamgenre.config.reading import read_value
from streamgenre.config.table import BY_NAME, ID, SECTIONS, SOURCES

SECRETS = frozenset({"password", "passwd", "pass", "secret", "token"})


def gather_file(
    document: Table, path: Path, environment: Mapping[str, str], gathered: Gathered, problems: Problems
) -> None:
    """Take what the tables of a file say; note each that is unknown, misplaced or of a wrong shape."""
    reader = _FileReader(shown(path), Place(path.absolute().parent, environment), gathered, problems)
    for name, value in document.items():
        reader.section(name, value)


class _FileReader:
    """Reads the tables of one file."""

    def __init__(self, where: str, place: Place, gathered: Gathered, problems: Problems) -> None:
        self._where = where
        self._place = place
        self._gathered = gathered
        self._problems = problems

    def section(self, name: str, value: object) -> None:
        """Read one table, or note why it is none."""
        section = BY_NAME.get(name)
        if section is None:
            self._problems.add(self._where, _unknown_section(name, value))
        elif section.many:
            self._array(value)
        elif isinstance(value, dict):
            table = self._gathered.table(name, self._where)
            self._table(section, cast("Table", value), table)
        else:
            self._problems.add(self._where, f"{_spelled(name)} is a table: write {section.header}")

    def _array(self, value: object) -> None:
        if not isinstance(value, list):
            self._problems.add(self._where, f"there may be several sources: write {SOURCES.header}")
            return
        for number, one in enumerate(cast("list[object]", value), start=1):
            if isinstance(one, dict):
                values = cast("Table", one)
                table = GivenTable(f"sources[{_called(values, number)}]", self._where)
                self._gathered.sources.append(table)
                self._table(SOURCES, values, table)
            else:
                text = f"sources[{number}] = {told(one)} is no table: write {SOURCES.header}"
                self._problems.add(self._where, text)

    def _table(self, section: Section, values: Table, table: GivenTable) -> None:
        for name, value in values.items():
            key = section.key(name)
            if key is None:
                self._problems.add(self._where, _unknown_key(section, table.path, name))
            else:
                read_value(
                    key, value, table, self._problems, origin="file", where=self._where, place=self._place
                )


def _called(values: Table, number: int) -> str:
    """Return what a source is called in errors: its id where it has one, else its number from 1."""
    own = values.get("id")
    return (
        own
        if isinstance(own, str) and re.fullmatch(ID.pattern, own) and len(own) <= ID.longest
        else str(number)
    )


def _unknown_section(name: str, value: object) -> str:
    spelled = _spelled(name)
    if not isinstance(value, dict | list):
        homes = _homes(name)
        return f"{spelled} stands before every section{homes or nearest(name, BY_NAME)}"
    return f"there is no section [{spelled}]{nearest(name, BY_NAME)}"


def _unknown_key(section: Section, path: str, name: str) -> str:
    text = f"{path}.{_spelled(name)} is no key"
    if name.lower() in SECRETS:
        return f"{text}: secrets are not written here; put it into a file and name that as mqtt.password_file"
    return f"{text}{_homes(name) or nearest(name, (key.name for key in section.keys))}"


def _homes(name: str) -> str:
    """Return where a key of this name belongs."""
    homes = [section.header for section in SECTIONS if section.key(name)]
    return f"; {name} belongs to {' or '.join(homes)}" if homes else ""


def _spelled(name: str) -> str:
    """Return a key as TOML writes it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) else told(name)
