"""One node as its payloads tell it: whether it is there, since when, and what its clock shows."""

from __future__ import annotations

from collections import deque

from streamgenre.publish.dashboard.reading import number_or_none, text
from streamgenre.publish.dashboard.told_fleet import ToldFleet
from streamgenre.publish.payload import Payload

CLOCK_READINGS = 8
LATE_SECONDS = 5.0
"""What was kept cannot be from the future; what is fresh may have been so long on its way."""


class ToldNode:
    """Not safe for threads by itself. `wall` is seconds since 1970, by our clock; `now` is monotonic."""

    def __init__(self) -> None:
        self.online: bool | None = None
        """None: it was not told."""
        self.version: str | None = None
        self.fleet: ToldFleet | None = None
        """None: it is one machine."""
        self._readings: deque[float] = deque(maxlen=CLOCK_READINGS)
        self._began: float | None = None
        """By our monotonic clock."""

    @property
    def ahead_seconds(self) -> float | None:
        """How far its clock is before ours; None: not known.

        What was long on its way seems to come from a clock that is behind: the greatest of a few counts.
        """
        return max(self._readings, default=None)

    def clock_read(self, time_seconds: float, wall: float) -> None:
        """Something that it said this moment bears this time."""
        self._readings.append(time_seconds - wall)

    def clock_set_back(self) -> None:
        """What it showed until now it shows no more."""
        self._readings.clear()

    def kept(self, time_seconds: float, wall: float) -> None:
        """Something that it said some time ago bears this time."""
        if not self._readings and time_seconds > wall + LATE_SECONDS:
            self.clock_read(time_seconds, wall)

    def tell(self, payload: Payload, now: float, age_seconds: float) -> None:
        """Take its own accounts, which were made so long ago."""
        self.version = text(payload.get("version")) or self.version
        running = number_or_none(payload.get("uptime_seconds"))
        self._began = self._began if running is None else now - age_seconds - running

    def why_unheard(self, source: str) -> str:
        """Say why it does not hear one of its sources, as far as it has told."""
        return (self.fleet and self.fleet.why_unheard(source)) or "its node does not hear it"

    def running_seconds(self, now: float) -> float | None:
        """For how long its process has been up; None: not told."""
        return None if self._began is None else now - self._began
