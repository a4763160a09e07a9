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
from streamgenre.publish.dashboard.outline import Outline
from streamgenre.publish.dashboard.passage_memory import PassageMemory
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.reading import MOST_ROWS, Told
from streamgenre.publish.dashboard.sound_memory import SoundMemory
from streamgenre.publish.dashboard.standing import ONLINE, Standing, came_back, stale_for
from streamgenre.publish.dashboard.told_node import LATE_SECONDS, ToldNode


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
        """When the latest message came that was not kept."""
        self._told: Told | None = None
        """The latest state, with its time by the clock of its node."""
        self._kept_from: float | None = None
        """The time, by that clock, of the latest message that the broker had kept."""
        self._state: State | None = None
        self._available: bool | None = None
        self._source_change: SourceChange | None = None
        self._diagnostics: Diagnostics | None = None
        self._reconnects = None if watched else 0
        self._title: str | None = None
        self._titled_at = -math.inf
        self._alarms: dict[str, Alarm] = {}
        self._sound = SoundMemory()
        self._passages = PassageMemory(gap_seconds=stale_seconds)

    def take(self, told: Told, now: float, *, fresh: bool = True) -> None:
        """Take a message; one that is not fresh was kept by the broker, and is as old as it says."""
        if fresh:
            self._heard_at = now
        else:
            self._kept_from = max(self._kept_from or 0.0, told.time_seconds)
        match told.message:
            case State() as state:
                self._believe(told, state)
            case Segment() as segment:
                self._passages.insert(segment)
            case TitleChange() as title:
                self._name(title.title, told.time_seconds)
            case SourceChange() as change:
                if self._source_change is None or change.audio_seconds >= self._source_change.audio_seconds:
                    if self._reconnects is not None:
                        self._reconnects += came_back(self._source_change, change)
                    self._source_change = change
            case Alarm() as alarm:
                self._ring(alarm)
            case Diagnostics() as diagnostics:
                self._diagnostics, self._reconnects = diagnostics, diagnostics.reconnects
            case _:
                return

    def tells_time(self, told: Told) -> bool:
        """Whether a fresh message shows its node's clock: a state that is no repetition of an older one."""
        newer = self._told is None or told.time_seconds > self._told.time_seconds
        return newer and isinstance(told.message, State)

    def sets_back(self, told: Told) -> bool:
        """Whether a message shows that its node's clock was set back: a state far older than the latest."""
        if self._told is None or not isinstance(told.message, State):
            return False
        return told.time_seconds < self._told.time_seconds - self._stale_seconds

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

    def outline(self, now: float, wall: float, node: ToldNode) -> Outline:
        """Say how it is, in a fraction of the time that a picture takes."""
        node_now = wall + (node.ahead_seconds or 0.0)
        begun = self._passages.first_seconds
        return Outline(
            self._node,
            self.shown_as,
            self._standing(self._age(now, node_now), node),
            bool(self._alarms),
            0.0 if begun is None else node_now - begun,
        )

    def picture(self, now: float, wall: float, node: ToldNode, *, in_view: bool) -> Picture:
        """Copy what is known; the spectra only of a source in view."""
        node_now = wall + (node.ahead_seconds or 0.0)
        age = self._age(now, node_now)
        standing = self._standing(age, node)
        level = self._sound.level(now)
        return Picture(
            node=self._node,
            source=self.shown_as,
            model=self._state.model.name if self._state else None,
            uptime_seconds=now - self._opened,
            age_seconds=age,
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
            running_seconds=node.running_seconds(now) if self._watched else now - self._opened,
            version=node.version,
            reconnects=self._reconnects,
            ahead_seconds=node.ahead_seconds,
        )

    def _standing(self, age: float, node: ToldNode) -> Standing:
        change = self._source_change
        if node.online is False:
            return Standing("offline")
        if change is not None and change.state != "online":
            return Standing(change.state, change.reason)
        if self._available is False:
            return Standing("unavailable", node.why_unheard(self.id))
        if age > self._stale_seconds:
            return stale_for(age, sure=self._heard_at is not None or node.ahead_seconds is not None)
        return ONLINE if self._state else Standing("waiting")

    def _age(self, now: float, node_now: float) -> float:
        """Of the latest message: since it came; of one that was kept, by the clock of its node.

        One from that clock's future was kept before it was set back: how old it is nobody knows.
        """
        ages = [] if self._heard_at is None else [now - self._heard_at]
        if self._kept_from is not None and self._kept_from <= node_now + LATE_SECONDS:
            ages.append(max(0.0, node_now - self._kept_from))
        return min(ages, default=now - self._opened)

    def _believe(self, told: Told, state: State) -> None:
        if self.sets_back(told):
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
        self._kept_from = None if self._kept_from is None else min(self._kept_from, at)
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
