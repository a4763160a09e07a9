"""The history's file as its one writer sees it: made, brought up to date, replaced where it is damaged."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from streamgenre.publish.history_schema import OtherHistoryError, is_damage, migrate, transaction
from streamgenre.publish.payload import Payload, to_json

BUSY_SECONDS = 5.0
LOG_BYTES = 4 * 2**20
DELETED_AT_ONCE = 2000
MAGIC = b"SQLite format 3\0"

log = logging.getLogger(__name__)

SourceKey = tuple[str, str]
"""Node and source."""


class HistoryFile:
    """Used by one thread. Every method may raise sqlite3.Error or OSError and may be called again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._source_ids: dict[SourceKey, int] = {}

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def write(self, events: Iterable[Payload], latest: Mapping[SourceKey, Payload | None]) -> None:
        """Add events and the latest state of sources, None where a stretch has ended: all or nothing."""
        connection = self._opened()
        try:
            with transaction(connection):
                for event in events:
                    self._add(connection, event)
                for key, state in latest.items():
                    self._note(connection, self._source_id(connection, key), state)
        except BaseException as error:
            self._give_up(error)
            raise

    def delete_before(self, moment: datetime, types: Iterable[str]) -> bool:
        """Delete some of what ended before; whether there may be more."""
        connection, cutoff = self._opened(), milliseconds(moment)
        try:
            deleted = [_delete_some(connection, kind, cutoff) for kind in types]
            if any(deleted):
                connection.executescript("PRAGMA incremental_vacuum")  # execute() would free one page
        except BaseException as error:
            self._give_up(error)
            raise
        return max(deleted, default=0) == DELETED_AT_ONCE

    def close(self) -> None:
        """Leave a file that needs no recovery."""
        self._source_ids.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and not self._is_ours():
            log.warning("%s was removed or replaced while it was written; it is begun anew", self._path)
            self.close()
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = self._open_or_replace()
            self._inode = self._path.stat().st_ino
        return self._connection

    def _is_ours(self) -> bool:
        return self._path.exists() and self._path.stat().st_ino == self._inode

    def _open_or_replace(self) -> sqlite3.Connection:
        try:
            return _ready(self._path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            if _is_foreign(self._path):
                raise OtherHistoryError(f"{self._path}: the file of something else. Name another.") from error
            self._set_aside(error)
            return _ready(self._path)

    def _give_up(self, error: BaseException) -> None:
        """Begin with a new connection next time, but on a full disk, where opening one may fail."""
        if getattr(error, "sqlite_errorcode", 0) not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY):
            self.close()
        self._source_ids.clear()
        if is_damage(error):
            self._set_aside(error)

    def _set_aside(self, error: BaseException) -> None:
        aside = self._path.with_name(self._path.name + ".damaged")
        for suffix in ("-wal", "-shm", ""):
            part, target = Path(f"{self._path}{suffix}"), Path(f"{aside}{suffix}")
            target.unlink(missing_ok=True)
            if part.exists():
                part.replace(target)
        log.error(
            "%s is damaged (%s): set aside as %s, a new one is begun; `sqlite3 FILE .recover` may save it",
            self._path,
            error,
            aside.name,
        )

    def _add(self, connection: sqlite3.Connection, event: Payload) -> None:
        source_id = self._source_id(connection, (event["node"], event["source"]))
        start, end = span(event)
        connection.execute(
            "INSERT OR IGNORE INTO events (source_id, type, seq, start_ms, end_ms, text)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (source_id, event["type"], event["seq"], start, end, to_json(event)),
        )

    def _note(self, connection: sqlite3.Connection, source_id: int, state: Payload | None) -> None:
        if state is None:
            connection.execute("DELETE FROM open_stretches WHERE source_id = ?", (source_id,))
            return
        connection.execute(
            "INSERT OR REPLACE INTO open_stretches VALUES (?, ?, ?, ?)",
            (source_id, *span(state), to_json(state)),
        )

    def _source_id(self, connection: sqlite3.Connection, key: SourceKey) -> int:
        if key not in self._source_ids:
            connection.execute("INSERT OR IGNORE INTO sources (node, source) VALUES (?, ?)", key)
            found = connection.execute("SELECT source_id FROM sources WHERE node = ? AND source = ?", key)
            self._source_ids[key] = found.fetchone()[0]
        return self._source_ids[key]


def span(payload: Payload) -> tuple[int, int]:
    """Return when it began and ended, in milliseconds since 1970; a moment begins and ends at once."""
    time = payload["time"]
    start = payload.get("start") or payload.get("since") or time
    began, ended = milliseconds(_moment(start)), milliseconds(_moment(payload.get("end") or time))
    return began, max(began, ended)  # the clock may have been set back between


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970, UTC."""
    return round(moment.timestamp() * 1000)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_foreign(path: Path) -> bool:
    """Whether it was never a database; one whose beginning was lost holds zeros there."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    return head != MAGIC and head.strip(b"\0") != b""


def _ready(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA journal_size_limit={LOG_BYTES}").fetchone()
        migrate(connection, path)
        connection.execute("SELECT max(row_id) FROM events").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _delete_some(connection: sqlite3.Connection, kind: str, cutoff_ms: int) -> int:
    with transaction(connection):
        return connection.execute(
            "DELETE FROM events WHERE row_id IN (SELECT row_id FROM events"
            " WHERE type = ? AND start_ms < ? AND end_ms < ? LIMIT ?)",
            (kind, cutoff_ms, cutoff_ms, DELETED_AT_ONCE),
        ).rowcount
