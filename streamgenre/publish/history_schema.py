"""The history's tables, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from streamgenre.errors import StreamgenreError

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE sources (source_id INTEGER PRIMARY KEY, node TEXT NOT NULL, source TEXT NOT NULL,
            UNIQUE (node, source))""",
        # start_ms, end_ms: since 1970, UTC; both `time` where an event is a moment. text: the payload.
        """CREATE TABLE events (row_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, type TEXT NOT NULL,
            seq INTEGER, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, text TEXT NOT NULL)""",
        # unique, so that an event given twice is kept once
        "CREATE UNIQUE INDEX events_by_source ON events (source_id, type, start_ms, seq)",
        "CREATE INDEX events_by_time ON events (type, start_ms)",
    ),
    (
        "ALTER TABLE events ADD COLUMN status TEXT AS (json_extract(text, '$.status'))",
        "ALTER TABLE events ADD COLUMN genre TEXT AS (json_extract(text, '$.genre'))",
        "CREATE INDEX events_by_status ON events (type, status, start_ms) WHERE type = 'segment'",
        "CREATE INDEX events_by_genre ON events (type, genre, start_ms) WHERE type = 'segment'",
        # what holds now: the last state of each source, written at most every half a minute
        """CREATE TABLE open_stretches (source_id INTEGER PRIMARY KEY, start_ms INTEGER NOT NULL,
            end_ms INTEGER NOT NULL, text TEXT NOT NULL)""",
    ),
)
"""One a schema version, in order; never changed once released."""


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class OtherHistoryError(StreamgenreError):
    """The file was written by a later version of this program, or by something else."""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date, each version in a transaction of its own."""
    version = version_of(connection, path)
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        with transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return the file's version, 0 where it is new. Raises OtherHistoryError."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and not {"sources", "events"} <= tables:
        raise OtherHistoryError(f"{path}: the database of something else. Name another file.")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise OtherHistoryError(
            f"{path}: written by a newer streamgenre (version {version}, {len(MIGRATIONS)} is known here).\n"
            "Update streamgenre, or name another file."
        )
    return version


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Commit what is done within, or undo all of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_damage(error: BaseException) -> bool:
    """Whether the content is at fault, not the disk."""
    return (
        isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
    )
