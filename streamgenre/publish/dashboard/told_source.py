"""One source as its payloads tell it, from this process or over a broker; its axis is the clock."""

from __future__ import annotations

import math
from dataclasses import replace

from streamgenre.messages import (
    Alarm,
    Diagnostics,
    Float32,
    Level,
    Segment,
    SourceChange,
    State,
    TitleChange,
)
from streamgenre.publish.dashboard.passage_memory import PassageMemory
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.reading import MOST_ROWS, Told
from streamgenre.publish.dashboard.sound_memory import SoundMemory
from streamgenre.publish.dashboard.standing import ONLINE, Standing, stale_for


class ToldSource:
    """Not safe for threads by itself. `now` is monotonic; `wall` is seconds since 1970, by our clock."""

    def __init__(
        self, node: str, source: str, shown_as: str, *, stale_seconds: float, now: float, watched: bool
    ) -> None:
        self._node = node
        self.id = source
        self.shown_as = shown_as
        self._stale_seconds = stale_seconds
        self._watched = watched
        self._opened = now
        self._heard_at: float | None = None
        self._told: Told | None = None
        """The latest state, with its time by the clock of its node."""
        self._state: State | None = None
        self._ahead_seconds: float | None = None
        """How far the clock of its node is before ours, as far as fresh messages show it."""
        self._available: bool | None = None
        self._source_change: SourceChange | None = None
        self._diagnostics: Diagnostics | None = None
        self._title: str | None = None
        self._titled_at = -math.inf
        self._alarms: dict[str, Alarm] = {}
        self._sound = SoundMemory()
        self._passages = PassageMemory(gap_seconds=stale_seconds)

    def take(self, told: Told, now: float, wall: float, *, fresh: bool = True) -> None:
        """Take a message; one that is not fresh was kept by the broker, and is as old as it says."""
        heard_at = now if fresh else now - max(0.0, wall - told.time_seconds)
        self._heard_at = heard_at if self._heard_at is None else max(self._heard_at, heard_at)
        if fresh and isinstance(told.message, State):
            self._ahead_seconds = told.time_seconds - wall
        match told.message:
            case State() as state:
                self._believe(told, state)
            case Segment() as segment:
                self._passages.insert(segment)
            case TitleChange() as title:
                self._name(title.title, told.time_seconds)
            case SourceChange() as change:
                if self._source_change is None or change.audio_seconds >= self._source_change.audio_seconds:
                    self._source_change = change
            case Alarm() as alarm:
                self._ring(alarm)
            case Diagnostics() as diagnostics:
                self._diagnostics = diagnostics
            case _:
                return

    def available(self, *, online: bool) -> None:
        """Take whether its node hears it."""
        self._available = online

    def forget_events(self) -> None:
        """The connection was lost: a change of the source may have been missed."""
        self._source_change = None

    def meter(self, level: Level, bands: Float32 | None, now: float) -> None:
        """Take how it sounds now."""
        self._heard_at = now
        self._sound.take(level, bands, now)

    def picture(self, now: float, wall: float, *, node_online: bool | None, in_view: bool) -> Picture:
        """Copy what is known; the spectra only of a source in view."""
        standing = self._standing(now, node_online=node_online)
        node_now = wall + (self._ahead_seconds or 0.0)
        level = self._sound.level(now)
        return Picture(
            node=self._node,
            source=self.shown_as,
            model=self._state.model.name if self._state else None,
            uptime_seconds=now - self._opened,
            age_seconds=self._age(now),
            state=self._state,
            title=self._title,
            level=level,
            held_peak_dbfs=self._sound.held_peak(now) if level else None,
            mel_columns=self._sound.columns if in_view else SoundMemory().columns,
            mel_column_seconds=self._sound.column_seconds,
            passages=self._passages.until(node_now if standing.current else None),
            now_seconds=node_now,
            audio_seconds=self._told.audio_seconds if self._told else None,
            standing=standing,
            diagnostics=self._diagnostics,
            alarms=tuple(self._alarms.values()),
            latency_ms=self._told.latency_ms if self._told else None,
            by_clock=True,
            watched=self._watched,
        )

    def _standing(self, now: float, *, node_online: bool | None) -> Standing:
        change, age = self._source_change, self._age(now)
        if node_online is False:
            return Standing("offline")
        if change is not None and change.state != "online":
            return Standing(change.state, change.reason)
        if self._available is False:
            return Standing("unavailable", "its node does not hear it")
        if age > self._stale_seconds:
            return stale_for(age)
        return ONLINE if self._state else Standing("waiting")

    def _age(self, now: float) -> float:
        return now - (self._opened if self._heard_at is None else self._heard_at)

    def _believe(self, told: Told, state: State) -> None:
        if self._told is not None and told.time_seconds < self._told.time_seconds - self._stale_seconds:
            self._begin_anew(told.time_seconds)
        self._told, self._state = told, state
        self._name(state.title, told.time_seconds)
        self._passages.extend(state)
        self._alarms = {
            kind: self._alarms.get(kind) or Alarm(told.time_seconds, kind, True, math.nan, None)  # type: ignore[arg-type]  # noqa: FBT003
            for kind in told.alarms
        }

    def _begin_anew(self, at: float) -> None:
        """Its clock was set back: what was told by the old one must not seem newer than all to come."""
        self._passages = PassageMemory(gap_seconds=self._stale_seconds)
        self._titled_at = -math.inf
        if self._source_change is not None and self._source_change.audio_seconds > at:
            self._source_change = replace(self._source_change, audio_seconds=at)

    def _name(self, title: str | None, at: float) -> None:
        if at >= self._titled_at:
            self._title, self._titled_at = title, at

    def _ring(self, alarm: Alarm) -> None:
        """A state tells which alarms are active; what was told before it only adds since when."""
        older = self._told is not None and alarm.audio_seconds < self._told.time_seconds
        room = len(self._alarms) < MOST_ROWS
        if alarm.active and (alarm.kind in self._alarms or (room and not older)):
            self._alarms[alarm.kind] = alarm
        elif not alarm.active and not older:
            self._alarms.pop(alarm.kind, None)
