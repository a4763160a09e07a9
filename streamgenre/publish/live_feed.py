"""What a source sounds like at this moment, for whoever asked to see it: the `live` topic."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from streamgenre.messages import Float32, Level
from streamgenre.publish.payload import SCHEMA, Payload, rfc3339

SHOWN_SECONDS = 0.2
"""Between two looks at the sound; the broker is sent a little less."""


class Onlookers(Protocol):
    """Who may want to see it."""

    def wants_live(self, source: str) -> bool: ...
    def live(self, source: str, payload: Payload) -> None: ...


class LiveFeed:
    """A publisher that keeps each source's latest state, and shows it with level and spectrum when asked."""

    def __init__(self, node: str, onlookers: Callable[[], Onlookers | None]) -> None:
        self._node = node
        self._onlookers = onlookers
        self._states: dict[str, Payload] = {}
        self._shown_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing needs to be begun."""

    def publish(self, payload: Payload) -> None:
        """Take the latest state."""
        if payload["type"] == "state":
            with self._lock:
                self._states[payload["source"]] = payload

    def stop(self, timeout_seconds: float) -> None:
        """Nothing waits."""

    def due(self, source: str, now: float) -> bool:
        """Whether anybody looks at the source, and has not been shown anything just now."""
        onlookers = self._onlookers()
        if onlookers is None or not onlookers.wants_live(source):
            return False
        if now - self._shown_at.get(source, -math.inf) < SHOWN_SECONDS:
            return False
        self._shown_at[source] = now
        return True

    def show(
        self, source: str, time: datetime, audio_seconds: float, level: Level | None, rows: Float32
    ) -> None:
        """Show the sound of this moment; `rows` is (frames, bands) float32, the model's newest frames."""
        onlookers = self._onlookers()
        if onlookers is None:
            return
        with self._lock:
            state = self._states.get(source)
        payload = {
            "schema": SCHEMA,
            "type": "live",
            "node": self._node,
            "source": source,
            "time": rfc3339(time),
            "audio_seconds": round(audio_seconds, 3),
            "level_dbfs": round(level.rms_dbfs, 1) if level else None,
            "peak_dbfs": round(level.peak_dbfs, 1) if level else None,
            "mel": [round(float(value), 2) for value in rows.mean(axis=0)] if len(rows) else [],
            "state": state,
        }
        onlookers.live(source, payload)
