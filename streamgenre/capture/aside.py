"""Opening and closing sources on threads of their own: both may take seconds, or hang."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass

from streamgenre.capture.source import AudioSource

PATIENCE_SECONDS = 2.0
"""A source has to close within one second; one that does not is left behind."""

log = logging.getLogger(__name__)


class Opening:
    """A source on its way."""

    def __init__(self, open_source: Callable[[], AudioSource]) -> None:
        self._found: Future[AudioSource] = Future()
        threading.Thread(target=self._run, args=[open_source], name="source opening", daemon=True).start()

    def wait(self, timeout_seconds: float) -> AudioSource | None:
        """Return the open source, or None when it is not there in time. Raises what kept it from opening."""
        wait([self._found], timeout_seconds)
        return self._found.result() if self._found.done() else None

    @property
    def done(self) -> bool:
        """Whether it has come to something."""
        return self._found.done()

    def abandon(self) -> None:
        """Have it closed as soon as it is there; what keeps it from opening interests nobody now."""
        self._found.add_done_callback(_close_opened)

    def _run(self, open_source: Callable[[], AudioSource]) -> None:
        try:
            self._found.set_result(open_source())
        except BaseException as error:  # noqa: BLE001  # it is raised again where somebody waits
            self._found.set_exception(error)


class Closing:
    """A source being let go."""

    def __init__(self, source: AudioSource) -> None:
        self._given_up_at = time.monotonic() + PATIENCE_SECONDS
        self._thread = threading.Thread(target=_close, args=[source], name="source closing", daemon=True)
        self._thread.start()

    def wait(self, timeout_seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether it is closed, or given up."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive() or time.monotonic() >= self._given_up_at


@dataclass(frozen=True, slots=True)
class Aside:
    """How sources are opened and closed."""

    open: Callable[[Callable[[], AudioSource]], Opening] = Opening
    close: Callable[[AudioSource], Closing] = Closing


def _close(source: AudioSource) -> None:
    try:
        source.close()
    except Exception:
        log.exception("a source could not be closed")


def _close_opened(found: Future[AudioSource]) -> None:
    if found.exception() is None:
        Closing(found.result())  # not here: this may be the thread that abandoned it
