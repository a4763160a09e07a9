"""The outbox's tables, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from streamgenre.errors import ConfigurationError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE numbers (
        source TEXT PRIMARY KEY, seq INTEGER NOT NULL,
        spelled TEXT NOT NULL  -- as in a payload, so that it is found in a file that no longer opens
    );
    CREATE TABLE events (
        row_id INTEGER PRIMARY KEY, source TEXT NOT NULL, seq INTEGER NOT NULL, run INTEGER NOT NULL,
        committed_at REAL NOT NULL, committed_monotonic REAL NOT NULL, text TEXT NOT NULL,
        UNIQUE (source, seq)
    );
    CREATE TABLE open_segments (source TEXT PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE remembered (
        source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (source, key)
    );
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    """,
)
"""One a schema version, in order; never changed once released."""

_WAL_PAGES = 256
"""One MiB: the log keeps that much room, also on a disk that is full meanwhile."""


def connect(database: str) -> sqlite3.Connection:
    """Open the file; nothing is in a transaction but what says so. Raises sqlite3.Error."""
    connection = sqlite3.connect(database, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # no shared memory file, which needs room too
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute(f"PRAGMA wal_autocheckpoint={_WAL_PAGES}").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, *, durable: bool = True) -> Generator[None]:
    """Commit what is done within, or undo all of it; not durable: a loss of power may undo it."""
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def migrate(connection: sqlite3.Connection, path: Path | None) -> None:
    """Bring the tables up to date, each version in a transaction of its own."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise ConfigurationError(
            f"{path}: written by a newer streamgenre (version {version}; this one knows {len(MIGRATIONS)}).\n"
            "Update streamgenre, or move the file away: its events would then not be sent."
        )
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        with transaction(connection):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
