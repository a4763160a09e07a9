"""What a source sounded like just now: level, held peak, the latest spectra."""

from __future__ import annotations

from collections import deque

import numpy as np

from streamgenre.messages import LEVEL_FLOOR_DBFS, Float32, Level

PEAK_HOLD_SECONDS = 1.5
PEAK_FALL_DB_PER_SECOND = 20.0
MEL_COLUMNS_KEPT = 400
LEVEL_SECONDS = 3.0
"""A level older than this is not that of now."""


class SoundMemory:
    """Of one source. Times are monotonic seconds."""

    def __init__(self, column_seconds: float | None = None) -> None:
        """`column_seconds`: the audio in one column; None: as long as columns come apart."""
        self._column_seconds = column_seconds
        self._level: Level | None = None
        self._heard_at = self._peak_at = float("-inf")
        self._peak_dbfs = LEVEL_FLOOR_DBFS
        self._mel: deque[Float32] = deque(maxlen=MEL_COLUMNS_KEPT)
        self._came_at: deque[float] = deque(maxlen=MEL_COLUMNS_KEPT)

    def take(self, level: Level, rows: Float32 | None, now: float) -> None:
        """Take the next sound; `rows` is (bands,) or (rows, bands) float32."""
        if self._column_seconds is None and now - self._heard_at > LEVEL_SECONDS:
            self._clear()
        self._level, self._heard_at = level, now
        if level.peak_dbfs >= self.held_peak(now):
            self._peak_dbfs, self._peak_at = level.peak_dbfs, now
        if rows is not None and rows.size:
            row = rows if rows.ndim == 1 else rows.mean(axis=0)
            self._keep(np.full_like(row, np.nan) if level.silent else np.array(row, np.float32), now)

    def level(self, now: float) -> Level | None:
        """Return the level, unless it is of another time."""
        fresh = self._column_seconds is not None or now - self._heard_at <= LEVEL_SECONDS
        return self._level if fresh else None

    def held_peak(self, now: float) -> float:
        """Return the highest recent peak, which falls after a while."""
        fallen = PEAK_FALL_DB_PER_SECOND * max(0.0, now - self._peak_at - PEAK_HOLD_SECONDS)
        return max(LEVEL_FLOOR_DBFS, self._peak_dbfs - fallen)

    @property
    def columns(self) -> Float32:
        """(columns, bands), oldest first."""
        return np.array(self._mel, np.float32) if self._mel else np.empty((0, 0), np.float32)

    @property
    def column_seconds(self) -> float:
        """From one column to the next, as measured or as told."""
        if self._column_seconds is not None:
            return self._column_seconds
        if len(self._came_at) < 2:
            return 0.0
        return (self._came_at[-1] - self._came_at[0]) / (len(self._came_at) - 1)

    def _keep(self, column: Float32, now: float) -> None:
        if self._mel and len(self._mel[-1]) != len(column):
            self._clear()
        self._mel.append(column)
        self._came_at.append(now)

    def _clear(self) -> None:
        self._mel.clear()
        self._came_at.clear()
