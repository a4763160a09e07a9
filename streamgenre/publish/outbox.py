"""The durable outbox: an event exists once it is committed here, and waits here until it is sent."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from streamgenre.clock import Clock, SystemClock
from streamgenre.errors import ConfigurationError
from streamgenre.publish import outbox_tables as tables
from streamgenre.publish.open_stretch import if_ended
from streamgenre.publish.outbox_file import is_at, lock, open_database
from streamgenre.publish.outbox_lock import OutboxLock
from streamgenre.publish.outbox_row import OutboxRow
from streamgenre.publish.outbox_salvage import Salvage, copy_of, restore
from streamgenre.publish.outbox_schema import transaction
from streamgenre.publish.outbox_tables import Figures, Instant
from streamgenre.publish.outbox_trouble import OutboxTrouble
from streamgenre.publish.payload import Payload
from streamgenre.settings import OutboxSettings

Result = TypeVar("Result")
_Work = Callable[[sqlite3.Connection, Figures], Result]

log = logging.getLogger(__name__)

_NOTHING_OPEN: Mapping[str, Payload | None] = {}
_NOTHING_REMEMBERED: Mapping[tuple[str, str], Any] = {}


class OutboxUnavailableError(Exception):
    """Nothing could be written just now; what was given is still the caller's."""


class Outbox:
    """Numbers the events of all sources and keeps them until they are sent. Any thread may call it.

    Without a path it lives in memory and numbers from 1. Without `delivering`, nobody sends: events are
    numbered and not kept. A full or failing disk is `trouble`, and append() then raises; numbers are given
    in the transaction that commits, so none is lost or given twice.
    """

    def __init__(
        self,
        path: Path | None,
        settings: OutboxSettings | None = None,
        *,
        delivering: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """Raises ConfigurationError where the file is another process's, too new, or not allowed."""
        self.on_change: Callable[[], None] | None = None
        """Called in the appending thread after events were committed; neither waits nor raises."""
        self._path = path
        self._settings = settings or OutboxSettings()
        self._delivering = delivering
        self._clock = clock or SystemClock()
        self._mutex = threading.RLock()
        self._lock: OutboxLock | None = None
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._figures = Figures()
        self._sent_to = 0
        self._interrupted: list[Payload] = []
        self._unfinished: dict[str, Payload] = {}
        self._remembered: dict[tuple[str, str], Any] = {}
        self._unsaved: dict[tuple[str, str], Any] = {}
        self._trouble = OutboxTrouble(str(path or "events in memory"))
        self._overflow = OutboxTrouble(str(path or "events in memory"))
        self._never_opened = True
        self._file: os.stat_result | None = None
        """Which one the path led to when it was opened."""
        self._carried: Salvage | None = None
        """What a file held that is no longer there."""
        try:
            self._try_to_open()
        except ConfigurationError:
            self.close()
            raise

    @property
    def depth(self) -> int:
        """Events that wait to be sent."""
        return self._figures.waiting

    @property
    def lost(self) -> int:
        """Events dropped unsent, for their age, number or size, since the file was made."""
        return self._figures.lost

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written just now; None: all is well."""
        return self._trouble.text

    @property
    def opened(self) -> bool:
        """Whether what earlier runs left is known: the disk may not have been there yet."""
        return not self._never_opened

    def last_seq(self, source: str) -> int:
        """Return the number of the source's last committed event; 0: none yet."""
        return self._figures.numbers.get(source, 0)

    def append(
        self,
        payloads: Sequence[Payload],
        open_segments: Mapping[str, Payload | None] = _NOTHING_OPEN,
        remembered: Mapping[tuple[str, str], Any] = _NOTHING_REMEMBERED,
    ) -> list[int]:
        """Commit events, what is open now, and values to remember, in one transaction.

        Returns the number of each event; a payload brings its place for `seq`. A value goes by source and
        key. Raises OutboxUnavailableError: nothing of it was done.
        """

        def work(connection: sqlite3.Connection, figures: Figures) -> list[int]:
            now = self._now()
            seqs = tables.add_events(connection, figures, payloads, now, keep=self._delivering)
            tables.store_open(connection, open_segments)
            tables.store_remembered(connection, remembered)
            tables.drop_excess(connection, figures, self._settings, now)
            return seqs

        with self._mutex:
            seqs = self._write(work)
            self._remembered.update(remembered)
        self._trouble.end("events are written again")
        if payloads and self.on_change is not None:
            try:
                self.on_change()
            except Exception:  # what is committed must not look refused
                log.exception("whoever sends the events could not be told of new ones")
        return seqs

    def checkpoint(self, source: str, open_segment: Payload | None) -> None:
        """Store what is to be told of the source if the process ends now; None: nothing is open."""
        self.append((), {source: open_segment})

    def interrupted(self) -> list[Payload]:
        """Return, once, what closes what a crash left open: it is to be appended before anything else."""
        with self._mutex:
            if self._never_opened and not self._closed:
                with suppress(ConfigurationError):  # the next append() tells it
                    self._try_to_open()
            found, self._interrupted = self._interrupted, []
        return found

    def unfinished(self) -> dict[str, Payload]:
        """Return, once, what was stored as open of each source whose epoch may go on: see Chronicle."""
        with self._mutex:
            found, self._unfinished = self._unfinished, {}
        return found

    def waiting(self) -> OutboxRow | None:
        """Return the oldest event that was not sent; None, too, while the disk cannot be read."""
        with self._mutex:
            if self._connection is None:
                return None
            try:
                return tables.oldest(
                    self._connection,
                    self._sent_to,
                    self._figures.run,
                    self._now(),
                    self._settings.late_seconds,
                )
            except sqlite3.Error as error:
                self._fail(error)
                return None

    def sent(self, row_id: int) -> None:
        """Note that this event, the oldest, has arrived.

        It is not forced to the disk: power lost just now means that it is sent again.
        """
        with self._mutex:
            self._sent_to = max(self._sent_to, row_id)
            if self._connection is None:
                return
            try:
                self._transact(self._connection, lambda _connection, _figures: None, durable=False)
            except sqlite3.Error as error:
                self._fail(error)

    def give_up(self, row_id: int) -> None:
        """Note that this event, the oldest, can never arrive: it is lost, and holds up no other."""
        with self._mutex:
            self._sent_to = max(self._sent_to, row_id)
            with suppress(OutboxUnavailableError):
                self._write(tables.give_up)

    def deliver(self, delivering: bool) -> None:  # noqa: FBT001  # the one thing it tells
        """Say whether somebody sends from now on; events of a time when nobody does are not kept."""
        self._delivering = delivering

    def remember(self, source: str, key: str, value: Any) -> None:  # noqa: ANN401  # any JSON
        """Keep a value of a source over restarts; while the disk is full, until there is room."""
        with self._mutex:
            self._remembered[source, key] = self._unsaved[source, key] = value
            try:
                self._write(lambda _connection, _figures: None)
            except OutboxUnavailableError:
                return

    def recall(self, source: str, key: str) -> Any:  # noqa: ANN401  # any JSON
        """Return what was remembered, or None."""
        return self._remembered.get((source, key))

    def close(self) -> None:
        """Let go of the file."""
        with self._mutex:
            self._closed = True
            self._disconnect()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def _write(self, work: _Work[Result]) -> Result:
        with self._mutex:
            if self._closed:
                raise OutboxUnavailableError("closed")
            try:
                return self._write_again(work)
            except (OSError, sqlite3.Error, ConfigurationError) as error:
                self._fail(error)
                raise OutboxUnavailableError(str(error)) from error

    def _write_again(self, work: _Work[Result]) -> Result:
        """Try once more on a file that was opened anew, or a log that was emptied into it."""
        self._leave_what_was_taken_away()
        try:
            return self._transact(self._connection or self._open(), work)
        except sqlite3.Error as error:
            if _is_full(error) and self._connection is not None:
                self._connection.execute("PRAGMA wal_checkpoint").fetchall()
            else:
                self._disconnect()
            return self._transact(self._connection or self._open(), work)

    def _transact(
        self, connection: sqlite3.Connection, work: _Work[Result], *, durable: bool = True
    ) -> Result:
        figures = self._figures.copy()
        with transaction(connection, durable=durable):
            tables.drop_sent(connection, figures, self._sent_to)
            tables.store_remembered(connection, self._unsaved)
            result = work(connection, figures)
        lost = figures.dropped - self._figures.dropped
        self._figures, self._unsaved = figures, {}
        self._tell_losses(lost)
        return result

    def _tell_losses(self, lost: int) -> None:
        if lost:
            self._overflow.begin(
                "events that nobody fetched are being dropped, the oldest first",
                "look at the connection to the broker",
            )
        elif self._figures.waiting <= self._settings.max_events // 2:
            self._overflow.end(f"there is room again; {self.lost} events were dropped so far")

    def _try_to_open(self) -> None:
        try:
            self._open()
        except (OSError, sqlite3.Error) as error:
            self._fail(error)

    def _open(self) -> sqlite3.Connection:
        """Also after a failure: numbers go on from the greater of file and memory."""
        if self._lock is None and self._path is not None:
            self._lock = lock(self._path)
        connection = open_database(self._path)
        try:
            found = self._bring_up_to_date(connection)
        except BaseException:
            connection.close()
            raise
        found.next_row = max(found.next_row, self._figures.next_row)
        found.lost = max(found.lost, self._figures.lost)
        remembered = tables.read_remembered(connection)
        gone = {place: value for place, value in self._remembered.items() if place not in remembered}
        self._unsaved = gone | self._unsaved
        self._remembered = remembered | self._remembered
        self._figures, self._connection, self._never_opened = found, connection, False
        self._file = None if self._path is None else self._path.stat()
        return connection

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> Figures:
        """Put into the file what is known beside it."""
        with transaction(connection):
            if self._carried is not None:
                restore(connection, self._carried)
            found = Figures.read(connection)
            tables.keep_highest(connection, found, self._figures.numbers)
        self._carried = None
        if self._never_opened:
            left_open = tables.read_open(connection)
            self._interrupted = [event for one in left_open if "epoch" not in one for event in if_ended(one)]
            self._unfinished = {one["source"]: one for one in left_open if "epoch" in one}
        else:
            found.run = self._figures.run
        return found

    def _leave_what_was_taken_away(self) -> None:
        """What is written to a file that was moved or deleted would be gone after a restart."""
        if self._connection is None or self._path is None or self._file is None:
            return
        if is_at(self._path, self._file):
            return
        log.error("%s was moved or deleted while in use; it is made anew with all it held", self._path)
        self._carried = copy_of(self._connection)
        self._disconnect()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _fail(self, error: OSError | sqlite3.Error | ConfigurationError) -> None:
        if not _is_full(error):
            self._disconnect()
        self._trouble.begin(
            f"events cannot be written: {error}", "they are kept in memory: free space, or mend the disk"
        )

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _now(self) -> Instant:
        return Instant(self._clock.monotonic(), self._clock.utc_now().timestamp())


def _is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
