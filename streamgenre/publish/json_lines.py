"""Every message as a line of JSON, in a file, a FIFO or standard output."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from streamgenre.publish.line_file import LineFile
from streamgenre.publish.line_queue import LineQueue
from streamgenre.publish.outbox_trouble import OutboxTrouble
from streamgenre.publish.payload import Payload, to_json
from streamgenre.settings import JsonLinesSettings

RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 0.5
"""A pipe that takes nothing for so long is asked again at once, but the wish to stop is heard."""
CALM_SECONDS = 10.0
"""Nothing left out for so long, and it is told that this is over."""
BATCH = 200

log = logging.getLogger(__name__)


class JsonLinesPublisher:
    """One thread, "json-lines", that alone writes; a slow reader holds up nobody else."""

    def __init__(
        self,
        path: Path | None,
        settings: JsonLinesSettings | None = None,
        *,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        settings = settings or JsonLinesSettings()
        self._name = f"lines to {path or 'standard output'}"
        self._retry_seconds = retry_seconds
        self._file = LineFile(path)
        self._queue = LineQueue(settings.memory_states, settings.memory_events)
        self._lines: list[bytes] = []
        """Taken from the queue and not written yet."""
        self._changed = threading.Condition()
        self._stopping = self._reopening = False
        self._stop_at = 0.0
        self._unwritable = 0
        self._trouble = OutboxTrouble(self._name)
        self._slow = OutboxTrouble(self._name)
        self._dropped_before = 0
        self._dropped_at = 0.0
        self._thread = threading.Thread(target=self._run, name="json-lines", daemon=True)

    @property
    def depth(self) -> int:
        """Messages that wait."""
        return len(self._queue) + len(self._lines) + self._file.unfinished

    @property
    def states_dropped(self) -> int:
        """States and accounts left out because reader or disk were too slow."""
        return self._queue.states_dropped

    @property
    def events_lost(self) -> int:
        """Events left out likewise, or that cannot be written at all."""
        return self._queue.events_refused + self._unwritable

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now, or is left out; None: all is well."""
        return self._trouble.text or self._slow.text

    def start(self) -> None:
        """Begin to write; what cannot be opened yet is tried again."""
        self._thread.start()

    def publish(self, payload: Payload) -> None:
        """Take a message; it is written soon."""
        with self._changed:
            self._queue.put(payload)
            self._changed.notify()

    def reopen(self) -> None:
        """Go on in the file that the name leads to now: it was rotated."""
        with self._changed:
            self._reopening = True
            self._changed.notify()

    def stop(self, timeout_seconds: float) -> None:
        """Write what was taken, for no longer than this."""
        self._stop_at = time.monotonic() + timeout_seconds
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        if self.depth:
            log.error("%s: %d were not written before the end", self._name, self.depth)

    def _run(self) -> None:
        while not self._stopping or (self.depth and self._may_go_on()):
            self._wait()
            try:
                self._write()
            except OSError as error:
                self._trouble.begin(error.strerror or str(error), "they wait in memory until that is over")
            except Exception:  # the thread must go on for all later messages
                log.exception("%s: %d could not be written and are lost", self._name, len(self._lines))
                self._unwritable += len(self._lines)
                self._lines = []
            self._tell_dropped()
        self._file.close()

    def _may_go_on(self) -> bool:
        """Whether there is hope and time, after the end was asked for."""
        return self._trouble.text is None and time.monotonic() < self._stop_at

    def _wait(self) -> None:
        with self._changed:
            if self._trouble.text is not None:
                self._changed.wait_for(lambda: self._stopping or self._reopening, self._retry_seconds)
            elif not self._lines and not self._file.unfinished:
                patience_seconds = CALM_SECONDS if self._slow.text else None
                self._changed.wait_for(
                    lambda: self._queue or self._stopping or self._reopening, patience_seconds
                )
            reopening, self._reopening = self._reopening, False
            taken = [] if self._lines else self._queue.take(BATCH)
        if reopening:
            self._file.reopen()
        self._lines += [line for payload in taken if (line := self._line(payload))]

    def _line(self, payload: Payload) -> bytes:
        try:
            return f"{to_json(payload)}\n".encode()
        except (TypeError, ValueError):  # also what is no text: half a surrogate pair
            log.exception("%s: a message of %s cannot be written", self._name, payload["source"])
            self._unwritable += 1
            return b""

    def _write(self) -> None:
        if not self._lines and not self._file.unfinished:
            return
        written = self._file.write(b"".join(self._lines), PATIENCE_SECONDS)
        while self._lines and written >= len(self._lines[0]):
            written -= len(self._lines.pop(0))
        if not self._lines:
            self._trouble.end("they are written again")

    def _tell_dropped(self) -> None:
        """Told once when it begins and once when it is over."""
        dropped = self.states_dropped + self._queue.events_refused
        now = time.monotonic()
        if dropped > self._dropped_before:
            self._dropped_at = now
            self._slow.begin("reader or disk is too slow", "states are left out, then events")
        elif self.depth == 0 and now - self._dropped_at >= CALM_SECONDS:
            self._slow.end(f"{self.states_dropped} states and {self.events_lost} events were left out")
        self._dropped_before = dropped
