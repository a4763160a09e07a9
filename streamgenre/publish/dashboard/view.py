"""What the dashboard knows of one source; fed from any thread, pictured from another."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from streamgenre.messages import (
    LEVEL_FLOOR_DBFS,
    Alarm,
    AlarmKind,
    Diagnostics,
    Float32,
    Level,
    Message,
    SourceChange,
    State,
    TitleChange,
)
from streamgenre.publish.dashboard.picture import Passage, Picture

PEAK_HOLD_SECONDS = 1.5
PEAK_FALL_DB_PER_SECOND = 20.0
MEL_COLUMNS_KEPT = 400
PASSAGES_KEPT = 2000


class DashboardView:
    """One source, as the messages tell it."""

    def __init__(
        self,
        node: str,
        source: str,
        model: str | None = None,
        *,
        mel_column_seconds: float = 0.1,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing known; `mel_column_seconds` is the audio between two calls of `meter`."""
        self._lock = threading.Lock()
        self._now = now
        self._node = node
        self._source = source
        self._model = model
        self._mel_column_seconds = mel_column_seconds
        self._opened = self._heard = now()
        self._state: State | None = None
        self._title: str | None = None
        self._level: Level | None = None
        self._peak_dbfs = LEVEL_FLOOR_DBFS
        self._peak_at = self._opened
        self._mel: deque[Float32] = deque(maxlen=MEL_COLUMNS_KEPT)
        self._passages: deque[Passage] = deque(maxlen=PASSAGES_KEPT)
        self._source_change: SourceChange | None = None
        self._diagnostics: Diagnostics | None = None
        self._alarms: dict[AlarmKind, Alarm] = {}
        self._latency_ms: float | None = None
        self._note: str | None = None

    def update(self, message: Message, latency_ms: float | None = None) -> None:
        """Take in one message; `latency_ms` is from the end of its audio to now, where it was measured."""
        with self._lock:
            self._heard = self._now()
            self._latency_ms = latency_ms if latency_ms is not None else self._latency_ms
            if isinstance(message, State):
                self._state, self._title = message, message.title
                self._extend(message)
            elif isinstance(message, SourceChange):
                self._source_change = message
            elif isinstance(message, Diagnostics):
                self._diagnostics = message
            elif isinstance(message, TitleChange):
                self._title = message.title
            elif isinstance(message, Alarm):
                self._ring(message)

    def meter(self, level: Level, mel_row: Float32 | None = None) -> None:
        """Take in the level and the spectrum of the next `mel_column_seconds` of audio.

        `mel_row` is (bands,) or (rows, bands), float32, in any unit that grows with loudness.
        """
        with self._lock:
            self._heard = now = self._now()
            self._level = level
            if level.peak_dbfs >= self._held_peak(now):
                self._peak_dbfs, self._peak_at = level.peak_dbfs, now
            if mel_row is not None and mel_row.size:
                row = mel_row if mel_row.ndim == 1 else mel_row.mean(axis=0)
                self._keep_column(np.full_like(row, np.nan) if level.silent else np.array(row, np.float32))

    def note(self, words: str | None) -> None:
        """Show a line of the caller's own."""
        with self._lock:
            self._note = words

    def picture(self) -> Picture:
        """Copy what is known now."""
        with self._lock:
            now = self._now()
            return Picture(
                node=self._node,
                source=self._source,
                model=self._state.model.name if self._state else self._model,
                uptime_seconds=now - self._opened,
                quiet_seconds=now - self._heard,
                state=self._state,
                title=self._title,
                level=self._level,
                held_peak_dbfs=self._held_peak(now) if self._level else None,
                mel_columns=np.array(self._mel, np.float32) if self._mel else np.empty((0, 0), np.float32),
                mel_column_seconds=self._mel_column_seconds,
                passages=tuple(self._passages),
                source_change=self._source_change,
                diagnostics=self._diagnostics,
                alarms=tuple(self._alarms.values()),
                latency_ms=self._latency_ms,
                note=self._note,
            )

    def _ring(self, alarm: Alarm) -> None:
        if alarm.active:
            self._alarms[alarm.kind] = alarm
        else:
            self._alarms.pop(alarm.kind, None)

    def _keep_column(self, column: Float32) -> None:
        if self._mel and len(self._mel[-1]) != len(column):
            self._mel.clear()
        self._mel.append(column)

    def _held_peak(self, now: float) -> float:
        fallen = PEAK_FALL_DB_PER_SECOND * max(0.0, now - self._peak_at - PEAK_HOLD_SECONDS)
        return max(LEVEL_FLOOR_DBFS, self._peak_dbfs - fallen)

    def _extend(self, state: State) -> None:
        """Lengthen the passage that goes on, or begin another where the belief says it began."""
        end = state.audio_seconds
        start = min(state.since_seconds, end)
        while self._passages and self._passages[-1].start_seconds >= start:
            self._passages.pop()
        if self._passages:
            last = self._passages.pop()
            same = (last.status, last.genre) == (state.status, state.genre)
            self._passages.append(replace(last, end_seconds=end if same else start))
            if same:
                return
        self._passages.append(Passage(start, end, state.status, state.genre))
