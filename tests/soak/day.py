"""A day of three sources, as fast as it can be computed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from streamgenre.capture.aside import Aside, Closing, Opening
from streamgenre.capture.source import AudioSource
from streamgenre.messages import AudioFormat
from streamgenre.pipeline import Classifier
from streamgenre.session import Session
from streamgenre.settings import PipelineSettings, SessionSettings
from tests.soak.clock import SimulatedClock
from tests.soak.faults import SUSPENDED_SECONDS, day_of_faults
from tests.soak.holdings import Holdings, holdings
from tests.soak.reel import record
from tests.soak.station import Station
from tests.soak.witness import Witness

FORMATS = {
    "bar": [AudioFormat(44_100, 2), AudioFormat(48_000, 1)],
    "hall": [AudioFormat(22_050, 2), AudioFormat(16_000, 1)],
    "lift": [AudioFormat(16_000, 1), AudioFormat(8_000, 2)],
}
_REAL_SECONDS = 20.0
_MOST_TURNS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Soak:
    """What is to be done."""

    hours: float = 24.0
    """Of waking time."""
    hop_seconds: float = 3.0
    step_seconds: float = 0.25
    """The least time between two looks at a source that has nothing more to give."""
    seed: int = 0


class _PromptOpening(Opening):
    """On a thread as ever, but no simulated time passes while it works."""

    def wait(self, timeout_seconds: float) -> AudioSource | None:  # noqa: ARG002
        return super().wait(_REAL_SECONDS)


class _PromptClosing(Closing):
    def wait(self, timeout_seconds: float = _REAL_SECONDS) -> bool:  # noqa: ARG002
        return super().wait(_REAL_SECONDS)


class Day:
    """The world, the sessions that listen to it, and their witnesses."""

    def __init__(self, soak: Soak, model: Classifier) -> None:
        random.seed(soak.seed)  # the pauses between two tries are jittered
        self._soak = soak
        self.clock = SimulatedClock()
        self.witnesses: list[Witness] = []
        self.turns = 0
        self._seconds = soak.hours * 3600
        suspend_at = 0.6 * self._seconds if soak.hours >= 0.5 else None
        self._events = list(self._world_events(suspend_at))
        self._sessions = [
            self._session(number, name, model, suspend_at) for number, name in enumerate(FORMATS)
        ]

    def run(self, told: Callable[[Holdings], None]) -> None:
        """Live through it; tells what is held at every hour, at least at half, and at the end."""
        marks = [float(hour) for hour in range(1, int(np.ceil(self._soak.hours)))] or [self._soak.hours / 2]
        marks += [self._soak.hours]
        due = [(self.clock.monotonic(), number) for number in range(len(self._sessions))]
        while self.clock.awake_seconds < self._seconds:
            when, number = heapq.heappop(due)
            self._pass_time_until(when)
            pause_seconds = self._turns(self._sessions[number])
            heapq.heappush(due, (self.clock.monotonic() + pause_seconds, number))
            while marks and self.clock.awake_seconds >= marks[0] * 3600:
                told(holdings(marks.pop(0)))
        self._end()
        while marks:
            told(holdings(marks.pop(0)))

    def _turns(self, session: Session) -> float:
        """Give turns for as long as they are wanted at once; return the pause until the next."""
        for _ in range(_MOST_TURNS_AT_ONCE):
            self.turns += 1
            pause_seconds = session.turn()
            assert pause_seconds is not None, "no live source ends by itself"
            if pause_seconds > 0:
                return max(pause_seconds, self._soak.step_seconds)
        raise AssertionError("a session wants turns without end")

    def _pass_time_until(self, when: float) -> None:
        while self._events and self.clock.awake_seconds + when - self.clock.monotonic() >= self._events[0][0]:
            at, event = self._events.pop(0)
            self.clock.pass_time(max(0.0, at - self.clock.awake_seconds))
            event()
        self.clock.pass_time(max(0.0, when - self.clock.monotonic()))

    def _world_events(self, suspend_at: float | None) -> Iterator[tuple[float, Callable[[], None]]]:
        """Give what happens to the machine: the time of day is set, and it sleeps."""
        rng = np.random.default_rng(self._soak.seed)
        events = [(float(at), float(rng.uniform(-3600, 3600))) for at in np.arange(1700, self._seconds, 5400)]
        for at, seconds in events:
            if suspend_at is not None and at > suspend_at:
                yield suspend_at, lambda: self.clock.suspend(SUSPENDED_SECONDS)
                suspend_at = None
            yield at, lambda seconds=seconds: self.clock.set_wall(seconds)
        if suspend_at is not None:
            yield suspend_at, lambda: self.clock.suspend(SUSPENDED_SECONDS)

    def _session(self, number: int, name: str, model: Classifier, suspend_at: float | None) -> Session:
        formats = FORMATS[name]
        reels = [record(kind.sample_rate_hz, kind.channels) for kind in formats]
        faults = day_of_faults(self._soak.seed * 100 + number, self._seconds, suspend_at)
        station = Station(self.clock, reels, formats, faults)
        witness = Witness(name, station, self._soak.hop_seconds)
        self.witnesses.append(witness)
        return Session(
            station.open,
            model,
            SessionSettings(PipelineSettings(hop_seconds=self._soak.hop_seconds), name=name),
            sink=witness.take,
            clock=self.clock,
            aside=Aside(_PromptOpening, _PromptClosing),
        )

    def _end(self) -> None:
        for session, witness in zip(self._sessions, self.witnesses, strict=True):
            session.stop()
            while session.turn() is not None:
                self.clock.pass_time(0.01)
            witness.finish()
