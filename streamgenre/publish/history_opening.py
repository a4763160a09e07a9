"""Opening a history to read: while it is written, where one may not write, and of earlier versions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from streamgenre.errors import StreamgenreError
from streamgenre.publish.history_schema import MIGRATIONS, is_damage, migrate, version_of

BUSY_SECONDS = 10.0


class HistoryUnreadableError(StreamgenreError):
    """There is no history, or it cannot be read."""


def open_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that never writes. Raises HistoryUnreadableError or OtherHistoryError."""
    try:
        path.stat()
        return _of_this_version(_connected(path), path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HistoryUnreadableError(
            f"{path}: there is no history yet. `streamgenre run` writes it; --database names another."
        ) from error
    except (sqlite3.Error, OSError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> HistoryUnreadableError:
    """Return what to tell of a failure while reading."""
    if is_damage(error):
        return HistoryUnreadableError(
            f"{path}: this is no history, or it is damaged: {error}.\n"
            f"`sqlite3 {path} .recover` may save what it holds."
        )
    reason = getattr(error, "strerror", None) or error
    return HistoryUnreadableError(
        f"{path}: cannot be read: {reason}. Check its permissions and those of its folder."
    )


def _connected(path: Path) -> sqlite3.Connection:
    try:
        return _probed(f"file:{quote(str(path.absolute()))}?mode=ro")
    except sqlite3.OperationalError:
        # Reading takes a shared-memory file; where it may not be made and nobody writes, none is needed.
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _probed(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1")


def _probed(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _of_this_version(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Return it, or a copy that was brought up to date where the file is older; the file stays as it is."""
    try:
        if version_of(connection, path) == len(MIGRATIONS):
            return connection
        with closing(connection):
            copy = sqlite3.connect("", isolation_level=None)
            connection.backup(copy)
        migrate(copy, path)
    except BaseException:
        connection.close()
        raise
    return copy
