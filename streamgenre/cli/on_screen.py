"""One session in the dashboard: its messages and its sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgenre.messages import SourceChange, Stamped, State
from streamgenre.pipeline import SourcePipeline

if TYPE_CHECKING:
    from streamgenre.publish.dashboard import Dashboard

METER_SECONDS = 0.1


class Screen:
    """Shows each message; what was noted of an outage goes with it."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self.heard_something = False

    def __call__(self, stamped: Stamped) -> None:
        message = stamped.message
        if isinstance(message, SourceChange) and message.state == "online":
            self._dashboard.note(None)
        self._dashboard.update(message, stamped.latency_ms)
        self.heard_something |= isinstance(message, State)


class MeterFeed:
    """Gives the dashboard level and spectrum once for every tenth of a second of audio."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._last_seconds = 0.0

    def __call__(self, pipeline: SourcePipeline) -> None:
        level = pipeline.level
        new_seconds = pipeline.audio_seconds - self._last_seconds
        if level is not None and not 0 <= new_seconds < METER_SECONDS:
            self._last_seconds = pipeline.audio_seconds
            self._dashboard.meter(level, pipeline.last_rows(METER_SECONDS))
