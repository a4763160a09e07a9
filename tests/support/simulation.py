"""A device, a clock and a session in simulated time: hours in seconds, and the same on every run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np

from streamgenre.capture.aside import Aside
from streamgenre.capture.source import AudioSource
from streamgenre.errors import TransientSourceError
from streamgenre.messages import (
    Alarm,
    AudioBlock,
    AudioFormat,
    Diagnostics,
    Float32,
    Scores,
    SourceChange,
    Stamped,
    State,
    Window,
)
from streamgenre.session import Session
from streamgenre.settings import SessionSettings
from tests.support.fake_model import FakeModel, FakeScorer
from tests.support.sounds import tune

RATE_HZ = 8000
BLOCK_SECONDS = 0.05
RING_SECONDS = 10.0
Kind = TypeVar("Kind")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class SimulatedClock:
    """Time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall_offset = timedelta()

    def monotonic(self) -> float:
        return self.now

    def utc_now(self) -> datetime:
        return NOON + timedelta(seconds=self.now - 1000.0) + self.wall_offset

    def pass_time(self, seconds: float) -> None:
        self.now += seconds


class SimulatedDevice:
    """What a live source is made of: it makes samples as time passes, unless something is wrong with it."""

    def __init__(self, clock: SimulatedClock, rate_hz: int = RATE_HZ, channels: int = 1) -> None:
        self.clock = clock
        self.failure: Exception | None = None
        """What opening and reading raise."""
        self.flow = 1.0
        """Share of real time at which samples come; 0.0: a callback that is never called again."""
        self.held_back = False
        """Samples are made, and kept from the reader until this ends: then they come as a burst."""
        self.reopens = True
        self.title: str | None = None
        self.open_seconds = 0.0
        """How long opening takes."""
        self.openings = 0
        self.reshape(rate_hz, channels)

    def reshape(self, rate_hz: int, channels: int) -> None:
        """Be another device when it is opened next."""
        self.rate_hz, self.channels = rate_hz, channels
        loop = tune(20.0, rate_hz, channels=channels)
        self.sound: Float32 = loop

    def open(self) -> SimulatedSource:
        if self.failure:
            raise self.failure
        self.openings += 1
        return SimulatedSource(self)


class SimulatedSource:
    """One opening of the device, with a ring of its own."""

    live = True
    damage: str | None = None

    def __init__(self, device: SimulatedDevice) -> None:
        self.format = AudioFormat(device.rate_hz, device.channels)
        self._device = device
        self._sound = device.sound
        self._looked_at = device.clock.monotonic()
        self._made = 0.0
        self.given = 0
        self.closed = False

    @property
    def reopens(self) -> bool:
        return self._device.reopens

    @property
    def title(self) -> str | None:
        return self._device.title

    @property
    def backlog_seconds(self) -> float:
        self._make()
        return 0.0 if self._device.held_back else self._waiting() / self.format.sample_rate_hz

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        assert timeout_seconds == 0.0, "simulated sessions take turns"
        assert not self.closed
        if self._device.failure:
            raise self._device.failure
        self._make()
        size = round(BLOCK_SECONDS * self.format.sample_rate_hz)
        if self._device.held_back or self._waiting() < size:
            return None
        overwritten = self._waiting() - round(RING_SECONDS * self.format.sample_rate_hz)
        first = self.given + max(0, overwritten)
        self.given = first + size
        rows = np.arange(first, first + size) % len(self._sound)
        return AudioBlock(self._sound[rows], first)

    def close(self) -> None:
        self.closed = True

    def drop(self, seconds: float) -> None:
        """Lose what was about to come, as an xrun does."""
        self._make()
        self._made -= seconds * self.format.sample_rate_hz

    def _make(self) -> None:
        now = self._device.clock.monotonic()
        self._made += (now - self._looked_at) * self.format.sample_rate_hz * self._device.flow
        self._looked_at = now

    def _waiting(self) -> int:
        return int(self._made) - self.given


class CostlyModel(FakeModel):
    """Each window takes its time, by the simulated clock."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = 0.0

    def stream(self) -> FakeScorer:
        model = self

        class Costly(FakeScorer):
            def process(self, window: Window) -> Scores:
                model.clock.pass_time(model.seconds)
                model.windows.clear()
                return super().process(window)

        return Costly(self.windows)


class _Opened:
    """An opening that is over as soon as its time has passed."""

    def __init__(self, device: SimulatedDevice, open_source: Callable[[], AudioSource]) -> None:
        self._device, self._open_source = device, open_source
        self._ready_at = device.clock.monotonic() + device.open_seconds

    def wait(self, _timeout_seconds: float) -> AudioSource | None:
        return self._open_source() if self._device.clock.monotonic() >= self._ready_at else None

    @property
    def done(self) -> bool:
        return self._device.clock.monotonic() >= self._ready_at

    def abandon(self) -> None:
        pass


class _Closed:
    def __init__(self, source: AudioSource) -> None:
        source.close()

    def wait(self, _timeout_seconds: float = 0.0) -> bool:
        return True


class Lab:
    """One session on one simulated device."""

    def __init__(self, settings: SessionSettings | None = None) -> None:
        self.clock = SimulatedClock()
        self.device = SimulatedDevice(self.clock)
        self.model = CostlyModel(self.clock)
        self.source: SimulatedSource | None = None
        self._opened: list[SimulatedSource] = []
        self.heard: list[Stamped] = []
        self.moments: list[float] = []
        self.session = Session(
            self._open,
            self.model,
            settings or SessionSettings(),
            sink=self._hear,
            clock=self.clock,
            aside=Aside(self._begin_opening, _Closed),  # type: ignore[arg-type]
        )
        self.began = self.clock.now
        self.openings = 0
        """Begun, whatever came of them."""

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return self.clock.now - self.began

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            pause_seconds = self.session.turn()
            if pause_seconds is None:
                return
            self.clock.pass_time(min(pause_seconds, max(0.0, end - self.clock.now)))
        assert self.clock.now < end + 5.0, "a turn took all that time"

    def run_to_the_end(self) -> None:
        """Stop, and let the session end."""
        self.session.stop()
        while self.session.turn() is not None:
            pass

    def of(self, kind: type[Kind]) -> list[tuple[float, Kind]]:
        """Messages of one kind, each with the seconds at which it was told."""
        pairs = zip(self.moments, self.heard, strict=True)
        return [(moment, stamped.message) for moment, stamped in pairs if isinstance(stamped.message, kind)]

    def states(self) -> list[tuple[float, str]]:
        """When the source came into which state."""
        return [(moment, change.state) for moment, change in self.of(SourceChange)]

    def alarms(self) -> list[tuple[float, str, bool]]:
        return [(moment, alarm.kind, alarm.active) for moment, alarm in self.of(Alarm)]

    def statuses(self, since: float, until: float) -> list[str]:
        return [state.status for moment, state in self.of(State) if since <= moment < until]

    def diagnostics(self) -> Diagnostics:
        return self.of(Diagnostics)[-1][1]

    @property
    def given(self) -> int:
        """Samples the device has handed over, or lost because nobody took them, in all its openings."""
        return sum(source.given for source in self._opened)

    def _begin_opening(self, open_source: Callable[[], AudioSource]) -> _Opened:
        self.openings += 1
        return _Opened(self.device, open_source)

    def _open(self) -> SimulatedSource:
        self.source = self.device.open()
        self._opened.append(self.source)
        return self.source

    def _hear(self, stamped: Stamped) -> None:
        self.heard.append(stamped)
        self.moments.append(self.now)
        if isinstance(stamped.message, Diagnostics):
            assert_reconciled([stamped.message])


def assert_reconciled(diagnostics: Iterable[Diagnostics]) -> None:
    """Check the identity of the accounts."""
    for one in diagnostics:
        accounts = one.accounts
        assert min(accounts.captured, accounts.analysed, accounts.lost, accounts.pending) >= 0
        skipped = sum(accounts.skipped.values())
        assert accounts.captured == accounts.analysed + skipped + accounts.lost + accounts.pending


def unplugged() -> TransientSourceError:
    return TransientSourceError("the device was unplugged")
