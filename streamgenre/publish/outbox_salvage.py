"""What can still be read of a damaged outbox; the highest numbers above all."""

from __future__ import annotations

import mmap
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]

TABLES: dict[str, str] = {
    "events": "row_id, source, seq, run, committed_at, committed_monotonic, text",
    "open_segments": "source, text",
    "remembered": "source, key, value",
    "counters": "name, value",
}
_NUMBER = re.compile(rb'"source": "([a-z0-9_-]+)", "seq": ([0-9]{1,18})')
"""As in every payload, and beside it in the table of numbers."""


@dataclass(slots=True)
class Salvage:
    """What goes on into the new file."""

    numbers: dict[str, int] = field(default_factory=dict[str, int])
    """The highest number found of each source."""
    tables: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    """Rows that could be read, as in TABLES."""


def salvage(path: Path) -> Salvage:
    """Read the rows in front of the damage, and the numbers from any remains."""
    found = Salvage()
    for part in (path, write_ahead_log(path)):
        for source, seq in _spelled_numbers(part):
            found.numbers[source] = max(seq, found.numbers.get(source, 0))
    if not path.exists() or not path.stat().st_size:
        return found  # SQLite would delete its log
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=0)) as connection:
        for table, columns in TABLES.items():
            found.tables[table] = list(_readable(connection, f"SELECT {columns} FROM {table}"))  # noqa: S608  # our own names
        for source, seq in _readable(connection, "SELECT source, seq FROM numbers"):
            found.numbers[source] = max(seq, found.numbers.get(source, 0))
    return found


def copy_of(connection: sqlite3.Connection) -> Salvage:
    """Return all that a sound database holds. Raises sqlite3.Error."""
    tables = {
        table: list(connection.execute(f"SELECT {columns} FROM {table}"))  # noqa: S608  # our own names
        for table, columns in TABLES.items()
    }
    return Salvage(dict(connection.execute("SELECT source, seq FROM numbers")), tables)


def restore(connection: sqlite3.Connection, found: Salvage) -> None:
    """Write into empty tables what was found; within the caller's transaction."""
    for table, rows in found.tables.items():
        marks = ", ".join("?" * (TABLES[table].count(",") + 1))
        statement = f"INSERT OR IGNORE INTO {table} ({TABLES[table]}) VALUES ({marks})"  # noqa: S608  # our own names
        connection.executemany(statement, rows)
    write_numbers(connection, found.numbers)


def write_numbers(connection: sqlite3.Connection, numbers: dict[str, int]) -> None:
    """Store the last number of each source, also spelled out for salvage()."""
    rows = ((source, seq, f'"source": "{source}", "seq": {seq}') for source, seq in numbers.items())
    connection.executemany("INSERT OR REPLACE INTO numbers VALUES (?, ?, ?)", rows)


def write_ahead_log(path: Path) -> Path:
    """Return where SQLite keeps what is not yet in the file itself."""
    return path.with_name(path.name + "-wal")


def _readable(connection: sqlite3.Connection, query: str) -> Iterator[Row]:
    with suppress(sqlite3.Error):
        yield from connection.execute(query)


def _spelled_numbers(part: Path) -> Iterator[tuple[str, int]]:
    if not part.exists() or not part.stat().st_size:
        return
    with part.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for match in _NUMBER.finditer(content):
            yield match[1].decode(), int(match[2])
