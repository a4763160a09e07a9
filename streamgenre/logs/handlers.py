"""From logging to whoever writes: at once, or by a thread that may be held up in place of ours."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from streamgenre.logs.entry import Entry, entry_of
from streamgenre.logs.repeats import COUNTED_SECONDS, Repeats

MOST_WAITING = 2_000
"""Entries that may wait for a slow reader; then the newest are not taken, and counted."""
BURST_SECONDS = 0.1
"""For how long who logs may be held up."""
FLUSH_SECONDS = 1.0

GONE = (OSError, ValueError, AttributeError)
"""What writing to a reader that has gone, or to a stderr that is closed or never was, comes to."""

Write = Callable[[Entry], None]
"""May wait; raises one of GONE where an entry cannot be written."""


class DirectHandler(logging.Handler):
    """Writes where it is called."""

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(*GONE):  # it must not end the work
            self._write(entry_of(record))


class BackgroundHandler(logging.Handler):
    """Writes on a thread of its own: a journal or pipe that is full holds up nobody else."""

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write
        self._waiting: deque[Entry] = deque()
        self._lost = 0
        self._busy = self._closing = self._stuck = False
        self._changed = threading.Condition()
        self._repeats = Repeats()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        entry = entry_of(record)
        with self._changed:
            if self._has_room():
                self._waiting.append(entry)
            else:
                self._lost += 1
            self._changed.notify_all()

    def flush(self, timeout_seconds: float = FLUSH_SECONDS) -> None:
        """Wait until all is written, for no longer than this."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_seconds)

    def close(self) -> None:
        """Write what waits, for no longer than FLUSH_SECONDS; a writer that hangs is left behind."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(FLUSH_SECONDS)
        super().close()

    def _has_room(self) -> bool:
        """Whether one more may wait; a burst is given a moment, once, until something is written again."""
        if len(self._waiting) >= MOST_WAITING and not self._stuck:
            self._changed.notify_all()
            self._stuck = not self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING, BURST_SECONDS)
        return len(self._waiting) < MOST_WAITING

    def _run(self) -> None:
        while not self._closing or self._waiting:
            entries, lost = self._taken()
            for entry in entries:
                self._write_all(self._repeats.take(entry, time.monotonic()))
            self._write_all(self._repeats.due(time.monotonic()))
            if lost:
                self._tell_lost(lost)
            with self._changed:
                self._busy = False
                self._changed.notify_all()
        self._write_all(self._repeats.end(time.monotonic()))

    def _taken(self) -> tuple[list[Entry], int]:
        """Wait; return what has come, and how many after those were not taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing, COUNTED_SECONDS / 4)
            entries, lost = list(self._waiting), self._lost
            self._waiting.clear()
            self._lost = 0
            self._busy, self._stuck = True, False
            self._changed.notify_all()
        return entries, lost

    def _write_all(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            try:
                self._write(entry)
            except GONE:
                self._add_lost(1)

    def _tell_lost(self, lost: int) -> None:
        told = f"{lost} log lines were lost: whoever takes them was too slow or away"
        try:
            self._write(Entry(time.time(), logging.WARNING, __name__, told))
        except GONE:
            self._add_lost(lost)

    def _add_lost(self, count: int) -> None:
        with self._changed:
            self._lost += count
