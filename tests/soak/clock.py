"""Time that passes when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


class SimulatedClock:
    """The clock of a session, and of the world around it."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._wall = START
        self.awake_seconds = 0.0
        """Time in which the machine was not suspended: what faults are scheduled by."""

    def monotonic(self) -> float:
        return self._now

    def utc_now(self) -> datetime:
        return self._wall

    def pass_time(self, seconds: float) -> None:
        self.suspend(seconds)
        self.awake_seconds += seconds

    def suspend(self, seconds: float) -> None:
        """Both clocks go on, and nothing else does."""
        self._now += seconds
        self._wall += timedelta(seconds=seconds)

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the time of day."""
        self._wall += timedelta(seconds=seconds)
