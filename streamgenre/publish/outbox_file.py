"""From a path to a sound database: made, brought up to date, or replaced where it is damaged."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from streamgenre.errors import ConfigurationError
from streamgenre.publish.outbox_lock import OutboxLock
from streamgenre.publish.outbox_salvage import Salvage, restore, salvage, write_ahead_log
from streamgenre.publish.outbox_schema import connect, migrate, transaction

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE)
"""What is waited for; any other refusal of the path is a mistake in it."""

log = logging.getLogger(__name__)


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the content is at fault, not the disk."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def lock(path: Path) -> OutboxLock:
    """Take the file for this process. Raises OSError where the disk cannot just now."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return OutboxLock(path.with_name(path.name + ".lock"))
    except OSError as error:
        if error.errno in _PASSING:
            raise
        raise ConfigurationError(
            f"{path}: events cannot be kept here: {error.strerror}.\n"
            "Let the user that runs streamgenre write there, or choose another state directory."
        ) from error


def open_database(path: Path | None) -> sqlite3.Connection:
    """Return a connection to an outbox of this version. Raises sqlite3.Error where the disk cannot."""
    if path is None:
        return _ready(":memory:", None)
    if not path.exists() and _fresh(path).exists():
        _fresh(path).replace(path)
    if _beheaded(path):
        return _replace(path, "the file is empty, its log is not")
    try:
        return _ready(str(path), path)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return _replace(path, str(error))


def is_at(path: Path, file: os.stat_result) -> bool:
    """Whether the path still leads to this file."""
    try:
        return os.path.samestat(path.stat(), file)
    except OSError:
        return False


def _ready(database: str, path: Path | None) -> sqlite3.Connection:
    connection = connect(database)
    try:
        _check(connection)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    finding: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        error = sqlite3.DatabaseError(finding)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _beheaded(path: Path) -> bool:
    """SQLite takes an empty file for a new one and deletes its log; no crash of ours leaves that."""
    wal = write_ahead_log(path)
    return wal.exists() and wal.stat().st_size > 0 and (not path.exists() or path.stat().st_size == 0)


def _replace(path: Path, finding: str) -> sqlite3.Connection:
    """Make the new file whole before it takes the place of the old one: a crash between loses no number."""
    found = salvage(path)
    fresh, aside = _fresh(path), path.with_name(path.name + ".damaged")
    _remove(fresh)
    connection = _ready(str(fresh), fresh)
    with closing(connection), transaction(connection):
        restore(connection, found)
    _remove(aside)
    for suffix in ("-wal", "-shm", ""):
        if (part := Path(f"{path}{suffix}")).exists():
            part.replace(f"{aside}{suffix}")
    fresh.replace(path)
    log.error(
        "%s was damaged (%s) and is set aside as %s; %s", path, finding, aside.name, _what_goes_on(found)
    )
    return _ready(str(path), path)


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".fresh")


def _remove(database: Path) -> None:
    for suffix in ("-wal", "-shm", ""):
        Path(f"{database}{suffix}").unlink(missing_ok=True)


def _what_goes_on(found: Salvage) -> str:
    if not found.numbers:
        return "no number could be read: events are numbered from 1 again"
    last = ", ".join(f"{source} {seq}" for source, seq in sorted(found.numbers.items()))
    waiting = len(found.tables.get("events", []))
    return f"{waiting} waiting events were saved, numbers go on after {last}"
