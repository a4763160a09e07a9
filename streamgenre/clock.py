"""The clocks a followed source is measured by; tests bring their own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What is asked of time."""

    def monotonic(self) -> float:
        """Seconds that never run backwards; they go on while the machine sleeps."""
        ...

    def utc_now(self) -> datetime:
        """The time of day, which may be set at any moment."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic(self) -> float:
        return time.clock_gettime(_ELAPSED) if _ELAPSED is not None else time.monotonic()

    def utc_now(self) -> datetime:
        return datetime.now(UTC)


_ELAPSED: int | None = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux stops CLOCK_MONOTONIC while it is suspended."""
