"""Alarms that the sound itself gives: dead air, clipping, channels out of phase."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from streamgenre.messages import Alarm, AlarmKind, Level, Moment, SoundCondition
from streamgenre.settings import AlarmSettings


class AlarmWatch:
    """Tells when an alarm begins and ends. A gap does neither; the end of a source ends them all."""

    def __init__(self, dead_air_seconds: float, settings: AlarmSettings) -> None:
        self._dead_air_seconds = dead_air_seconds
        self._watches: dict[AlarmKind, ConditionWatch] = {
            "clipping": ClippingWatch(settings),
            "out_of_phase": PhaseWatch(settings),
        }
        self._active: dict[AlarmKind, float] = {}
        self._level: Level | None = None

    def process(self, moment: Moment) -> list[Alarm]:
        """Take the next moment; return the alarms that begin or end with it."""
        self._level = moment.level
        alarms: list[Alarm] = []
        if moment.quiet is not None:
            dead = moment.quiet.seconds >= self._dead_air_seconds
            since_seconds = moment.quiet.since_seconds if dead else None
            alarms += self._turn_to("dead_air", since_seconds, moment.audio_seconds)
        for condition in moment.conditions:
            for kind, watch in self._watches.items():
                alarms += self._turn_to(kind, watch.process(condition), moment.audio_seconds)
        return alarms

    def finish(self, audio_seconds: float) -> list[Alarm]:
        """End what is active: nobody else would."""
        return [alarm for kind in list(self._active) for alarm in self._turn_to(kind, None, audio_seconds)]

    def _turn_to(self, kind: AlarmKind, since_seconds: float | None, now_seconds: float) -> list[Alarm]:
        before = self._active.get(kind)
        active = since_seconds is not None
        if active == (before is not None):
            return []
        if since_seconds is not None:
            self._active[kind] = told = since_seconds
        else:
            told = self._active.pop(kind)
        level_dbfs = self._level.rms_dbfs if self._level else None
        return [Alarm(now_seconds, kind, active, told, level_dbfs)]


class ConditionWatch(Protocol):
    """One kind of alarm, from seconds in order."""

    def process(self, condition: SoundCondition, /) -> float | None:
        """Take the next second; return since when there is an alarm, in audio seconds, or None."""
        ...


class ClippingWatch:
    """Some clipped seconds within a memory begin it, a whole memory without any ends it."""

    def __init__(self, settings: AlarmSettings) -> None:
        self._settings = settings
        self._memory: deque[float | None] = deque(maxlen=settings.clipping_memory_seconds)
        self._since_seconds: float | None = None

    def process(self, condition: SoundCondition) -> float | None:
        """Take the next second."""
        clipped = condition.clipped_share >= self._settings.clipped_share
        self._memory.append(condition.end_seconds - 1.0 if clipped else None)
        starts = [start for start in self._memory if start is not None]
        if not starts:
            self._since_seconds = None
        elif self._since_seconds is None and len(starts) >= self._settings.clipped_seconds:
            self._since_seconds = starts[0]
        return self._since_seconds


class PhaseWatch:
    """Seconds in a row that cancel begin it, as many in phase end it; silent ones do not count."""

    def __init__(self, settings: AlarmSettings) -> None:
        self._settings = settings
        self._opposite = self._in_phase = 0
        self._first_seconds = 0.0
        self._since_seconds: float | None = None

    def process(self, condition: SoundCondition) -> float | None:
        """Take the next second."""
        if not condition.silent:
            self._count(condition)
            if self._opposite >= self._settings.out_of_phase_seconds and self._since_seconds is None:
                self._since_seconds = self._first_seconds
            elif self._in_phase >= self._settings.out_of_phase_seconds:
                self._since_seconds = None
        return self._since_seconds

    def _count(self, condition: SoundCondition) -> None:
        if not self._settings.cancels(condition):
            self._opposite = 0
            self._in_phase = self._in_phase + 1 if self._settings.in_phase(condition) else 0
            return
        if self._opposite == 0:
            self._first_seconds = condition.end_seconds - 1.0
        self._opposite += 1
        self._in_phase = 0
