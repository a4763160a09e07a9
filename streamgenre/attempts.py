"""Tries to open one source, one at a time, on threads of their own; nothing here waits unless told to."""

from __future__ import annotations

from collections.abc import Callable

from streamgenre.capture.aside import PATIENCE_SECONDS, Aside, Closing, Opening
from streamgenre.capture.source import AudioSource
from streamgenre.clock import Clock
from streamgenre.errors import TransientSourceError

OPENING_SECONDS = 30.0
"""An opening that takes longer is left behind."""
MAX_HANGING = 3
"""No more openings than these are left behind at a time."""


class Attempts:
    """Opens what was let go of before only once it is closed: a device cannot be had twice."""

    def __init__(self, open_source: Callable[[], AudioSource], aside: Aside, clock: Clock) -> None:
        self._open_source = open_source
        self._aside = aside
        self._clock = clock
        self._opening: Opening | None = None
        self._opening_at = 0.0
        self._hanging: list[Opening] = []
        self._closing: Closing | None = None

    def opened(self, wait_seconds: float) -> AudioSource | None:
        """Return the source as soon as it is open; begins a try where there is none.

        Raises what kept it from opening, TransientSourceError where that takes too long.
        """
        if not self.closed(wait_seconds):
            return None
        self._opening = self._opening or self._begin()
        try:
            source = self._opening.wait(wait_seconds)
        except BaseException:
            self._opening = None
            raise
        if source is not None:
            self._opening = None
        elif self._clock.monotonic() - self._opening_at >= OPENING_SECONDS:
            self._hanging.append(self._opening)
            self.abandon()
            raise TransientSourceError(f"it cannot be opened within {OPENING_SECONDS:.0f} s")
        return source

    def abandon(self) -> None:
        """Have what is being opened closed as soon as it is there."""
        if self._opening:
            self._opening.abandon()
        self._opening = None

    def close(self, source: AudioSource) -> None:
        """Let go of a source."""
        self._closing = self._aside.close(source)

    def closed(self, wait_seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether what was let go of is closed, or given up."""
        if self._closing and not self._closing.wait(wait_seconds):
            return False
        self._closing = None
        return True

    def _begin(self) -> Opening:
        self._hanging = [opening for opening in self._hanging if not opening.done]
        if len(self._hanging) >= MAX_HANGING:
            raise TransientSourceError(f"{MAX_HANGING} tries to open it hang; it may need to be restarted")
        self._opening_at = self._clock.monotonic()
        return self._aside.open(self._open_source)
