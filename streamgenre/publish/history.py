"""The history: every event of every source, in one SQLite file, written by a thread of its own."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from shutil import disk_usage

from streamgenre.errors import StreamgenreError
from streamgenre.publish.history_file import HistoryFile, SourceKey
from streamgenre.publish.history_path import default_history_path
from streamgenre.publish.payload import Payload
from streamgenre.settings import HistorySettings

EVENT_TYPES = ("segment", "title", "source", "alarm", "change")
"""All that is numbered: the numbers of a source have no holes in the history either."""

GATHER_SECONDS = 0.2
STATE_SECONDS = 30.0
RETRY_SECONDS = 5.0
CLEANING_SECONDS = 3600.0
WRITTEN_AT_ONCE = 1000
FULL_BYTES = 256 * 1024

log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HistoryPublisher:
    """Keeps events in memory, so many of them, while the disk takes none; then counts what is lost."""

    def __init__(
        self,
        settings: HistorySettings,
        *,
        now: Callable[[], datetime] = _utc_now,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._settings = settings
        self._now = now
        self._retry_seconds = retry_seconds
        self._path = settings.path or default_history_path()
        self._file = HistoryFile(self._path)
        self._events: deque[Payload] = deque()
        self._latest: dict[SourceKey, Payload | None] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._lost = 0
        self._full = False
        self._trouble: str | None = None
        self._states_due = self._cleaning_due = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    @property
    def depth(self) -> int:
        """Events that wait to be written."""
        return len(self._events)

    @property
    def lost(self) -> int:
        """Events that will never be written."""
        return self._lost

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now."""
        return self._trouble

    def start(self) -> None:
        """Begin to write; a file that cannot be written yet is tried again."""
        self._thread.start()

    def publish(self, payload: Payload) -> None:
        """Take an event, or the latest state of a source."""
        with self._changed:
            if payload["type"] == "state":
                self._latest[_source_of(payload)] = payload
            elif payload["type"] in EVENT_TYPES:
                self._take(payload)

    def stop(self, timeout_seconds: float) -> None:
        """Write what was taken, for no longer than this."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)

    def _take(self, event: Payload) -> None:
        if event["type"] == "segment":
            self._latest[_source_of(event)] = None
        if len(self._events) >= self._settings.memory_events:
            self._lost += 1
            if not self._full:
                log.error("%s: %d events wait already: further ones are lost", self._path, len(self._events))
            self._full = True
            return
        self._events.append(event)
        self._changed.notify()

    def _run(self) -> None:
        self._attempt()
        while not self._wait():
            time.sleep(GATHER_SECONDS)
            self._attempt()
        while self._attempt() and self._events:
            pass
        self._file.close()
        if self._events:
            log.error("%s: %d events could not be written in time", self._path, len(self._events))

    def _wait(self) -> bool:
        """Sleep until there is work; whether it is time to end."""
        with self._changed:
            if self._trouble is not None:
                self._changed.wait_for(lambda: self._stopping, self._retry_seconds)
            elif not self._events and not self._stopping:
                self._changed.wait(1.0 if self._cleaning_is_due() else STATE_SECONDS)
            return self._stopping

    def _attempt(self) -> bool:
        """Do what is due; whether it could be done."""
        try:
            self._write()
            self._clean()
        except (sqlite3.Error, OSError, StreamgenreError) as error:
            self._tell_trouble(_reason(error, self._path))
        except Exception:  # the thread must go on for all later events
            log.exception("%s: events that cannot be written are lost", self._path)
            self._drop_unfit()
        else:
            self._tell_well()
        return self._trouble is None

    def _drop_unfit(self) -> None:
        """Go on without what no attempt will ever write."""
        with self._changed:
            for _ in range(min(len(self._events), WRITTEN_AT_ONCE)):
                self._events.popleft()
                self._lost += 1
            self._latest.clear()

    def _write(self) -> None:
        due = time.monotonic() >= self._states_due or self._stopping
        with self._changed:
            events = list(islice(self._events, WRITTEN_AT_ONCE))
            latest = dict(self._latest) if due or events else {}
        if events or latest or not self._file.is_open:
            self._file.write(events, latest)
        if due:
            self._states_due = time.monotonic() + STATE_SECONDS
        with self._changed:
            for _ in events:
                self._events.popleft()
            for key, state in latest.items():
                if self._latest.get(key) is state:
                    del self._latest[key]

    def _clean(self) -> None:
        """Delete what is too old, some at a time, so that events never wait for it."""
        if self._stopping or not self._cleaning_is_due():
            return
        oldest = self._now() - timedelta(days=self._settings.keep_days)
        if not self._file.delete_before(oldest, EVENT_TYPES):
            self._cleaning_due = time.monotonic() + CLEANING_SECONDS

    def _cleaning_is_due(self) -> bool:
        return time.monotonic() >= self._cleaning_due

    def _tell_trouble(self, reason: str) -> None:
        if reason != self._trouble:
            log.error("%s cannot be written: %s; events are kept in memory meanwhile", self._path, reason)
        self._trouble = reason

    def _tell_well(self) -> None:
        if self._trouble is None:
            return
        log.warning("%s is written again; %d events were lost", self._path, self._lost)
        self._trouble, self._full = None, False


def _source_of(payload: Payload) -> SourceKey:
    return payload["node"], payload["source"]


def _reason(error: Exception, path: Path) -> str:
    """Say that the disk is full where it is: SQLite calls it an I/O error as often as not."""
    try:
        full = disk_usage(path.parent).free < FULL_BYTES
    except OSError:
        full = False
    return "the disk is full" if full else str(error)
