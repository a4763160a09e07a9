"""Giving samples out no faster than they would sound."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """The two things a paced source asks of time."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Let that many seconds pass."""
        ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


class Pacer:
    """Knows when a sample is due: its index divided by the rate, from the first question on."""

    def __init__(self, sample_rate_hz: float, clock: Clock) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._clock = clock
        self._began: float | None = None

    def wait_until_due(self, end_sample: int, timeout_seconds: float) -> bool:
        """Wait until `end_sample` samples would have sounded; False when the time is up before."""
        early = self.seconds_until_due(end_sample)
        if early > timeout_seconds:
            self._clock.sleep(max(timeout_seconds, 0.0))
            return False
        if early > 0:
            self._clock.sleep(early)
        return True

    def seconds_until_due(self, end_sample: int) -> float:
        """Seconds until that many samples have sounded; negative when they have."""
        now = self._clock.monotonic()
        if self._began is None:
            self._began = now
        return self._began + end_sample / self._sample_rate_hz - now
