"""What the dashboard knows of the one source of this process; fed from any thread, pictured from another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from streamgenre.messages import (
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
from streamgenre.publish.dashboard.part import Part
from streamgenre.publish.dashboard.passage_memory import PassageMemory
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.sound_memory import SoundMemory
from streamgenre.publish.dashboard.standing import ONLINE, STARTING, Standing, came_back, silent_for

QUIET_SECONDS = 3.0


class DashboardView:
    """One source, as its messages tell it; the axis of times is that of its audio."""

    def __init__(
        self,
        node: str,
        source: str,
        model: str | None = None,
        *,
        parts: Sequence[Part] = (),
        mel_column_seconds: float = 0.1,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing known; `mel_column_seconds` is the audio between two calls of `meter`.

        `parts`: what is known beforehand of what will be played.
        """
        self._lock = threading.Lock()
        self._now = now
        self._node = node
        self._source = source
        self._model = model
        self._parts = tuple(parts)
        self._opened = self._heard = now()
        self._began = False
        self._reconnects = 0
        self._state: State | None = None
        self._title: str | None = None
        self._sound = SoundMemory(mel_column_seconds)
        self._passages = PassageMemory()
        self._source_change: SourceChange | None = None
        self._diagnostics: Diagnostics | None = None
        self._alarms: dict[AlarmKind, Alarm] = {}
        self._latency_ms: float | None = None
        self._note: str | None = None

    def update(self, message: Message, latency_ms: float | None = None) -> None:
        """Take in one message; `latency_ms` is from the end of its audio to now, where it was measured."""
        with self._lock:
            self._heard, self._began = self._now(), True
            self._latency_ms = latency_ms if latency_ms is not None else self._latency_ms
            if isinstance(message, State):
                self._state, self._title = message, message.title
                self._passages.extend(message)
            elif isinstance(message, SourceChange):
                self._reconnects += came_back(self._source_change, message)
                self._source_change = message
            elif isinstance(message, Diagnostics):
                self._diagnostics, self._reconnects = message, message.reconnects
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
            self._sound.take(level, mel_row, now)

    def note(self, words: str | None) -> None:
        """Show a line of the caller's own."""
        with self._lock:
            self._note = words

    def picture(self) -> Picture:
        """Copy what is known now."""
        with self._lock:
            now = self._now()
            audio_seconds = self._state.audio_seconds if self._state else 0.0
            level = self._sound.level(now)
            return Picture(
                node=self._node,
                source=self._source,
                model=self._state.model.name if self._state else self._model,
                uptime_seconds=now - self._opened,
                age_seconds=now - self._heard,
                state=self._state,
                title=self._title,
                level=level,
                held_peak_dbfs=self._sound.held_peak(now) if level else None,
                mel_columns=self._sound.columns,
                mel_column_seconds=self._sound.column_seconds,
                passages=self._passages.until(),
                now_seconds=audio_seconds,
                audio_seconds=audio_seconds,
                standing=self._standing(now - self._heard),
                diagnostics=self._diagnostics,
                alarms=tuple(self._alarms.values()),
                latency_ms=self._latency_ms,
                note=self._note,
                running_seconds=now - self._opened,
                reconnects=self._reconnects,
                parts=self._parts,
            )

    def _standing(self, quiet_seconds: float) -> Standing:
        change = self._source_change
        if not self._began:
            return STARTING
        if change and change.state != "online":
            return Standing(change.state, change.reason)
        return silent_for(quiet_seconds) if quiet_seconds > QUIET_SECONDS else ONLINE

    def _ring(self, alarm: Alarm) -> None:
        if alarm.active:
            self._alarms[alarm.kind] = alarm
        else:
            self._alarms.pop(alarm.kind, None)
