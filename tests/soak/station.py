"""A source of sound in a world that goes wrong: it keeps the truth that a session's accounts are held to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from streamgenre.errors import TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat
from tests.soak.clock import SimulatedClock
from tests.soak.faults import Fault
from tests.soak.reel import Reel
from tests.support.sounds import Float32

BLOCK_SECONDS = 0.5
TRICKLE_FLOW = 0.3
_GARBAGE = np.array([np.nan, np.inf, -np.inf, 1e30], np.float32)


class Station:
    """What is at the other end: it plays on, whether anybody listens or not."""

    def __init__(
        self, clock: SimulatedClock, reels: list[Reel], formats: list[AudioFormat], faults: list[Fault]
    ) -> None:
        self.clock = clock
        self._reels = reels
        self._formats = formats
        self._changes = 0
        self._coming = list(reversed(faults))
        self.fault: Fault | None = None
        """The last that has begun."""
        self.told_error = True
        """Whether the break that the fault is, if it is one, has been met."""
        self.captured = 0
        """Samples given or lost, of any rate."""
        self.lost = 0
        self.not_finite = 0
        """Values."""
        self.audio_seconds = 0.0
        self.openings = 0
        self.opened_at = 0.0
        """Last, in waking time."""
        self._first_heard_at = 0.0

    @property
    def elapsed_seconds(self) -> float:
        """Since it was first listened to, asleep or awake."""
        return self.clock.monotonic() - self._first_heard_at

    def open(self) -> StationSource:
        """Listen. Raises TransientSourceError while there is nothing to listen to."""
        self.look()
        if self.active("unplug", "gone"):
            raise TransientSourceError("the simulated device is unplugged; plug it in again")
        if not self.openings:
            self._first_heard_at = self.clock.monotonic()
        self.openings += 1
        self.opened_at = self.clock.awake_seconds
        which = self._changes % len(self._reels)
        return StationSource(self, self._reels[which], self._formats[which])

    def look(self) -> None:
        """Take note of what has gone wrong by now."""
        while self._coming and self._coming[-1].start <= self.clock.awake_seconds:
            self.fault = self._coming.pop()
            self.told_error = False
            self._changes += self.fault.kind == "format"

    def active(self, *kinds: str) -> bool:
        fault = self.fault
        return fault is not None and fault.kind in kinds and self.clock.awake_seconds < fault.end

    def meet(self, *kinds: str) -> bool:
        """Whether a fault of these kinds has begun that nobody has met yet; now it is met."""
        if self.told_error or self.fault is None or self.fault.kind not in kinds:
            return False
        self.told_error = True
        return True

    def flows(self, begin: float, end: float) -> Iterator[tuple[float, float]]:
        """Give seconds and flow of each part of a stretch of waking time."""
        fault = self.fault
        if fault is None or fault.kind not in {"stall", "dead", "burst", "trickle"}:
            yield end - begin, 1.0
            return
        first, last = np.clip([fault.start, fault.end], begin, end)
        yield float(first - begin + end - last), 1.0
        yield float(last - first), TRICKLE_FLOW if fault.kind == "trickle" else 0.0


class StationSource:
    """One connection to it."""

    live = True
    reopens = True
    damage: str | None = None

    def __init__(self, station: Station, reel: Reel, audio_format: AudioFormat) -> None:
        self._station = station
        self._reel = reel
        self.format = audio_format
        self._seen_at = station.clock.awake_seconds
        self._arrived_seconds = 0.0
        self._next_sample = 0
        self._first_of_reel = round(self._seen_at * audio_format.sample_rate_hz)
        self._dropping = 0
        self._closed = False

    @property
    def title(self) -> str:
        return self._reel.title_at(self._first_of_reel + self._next_sample)

    @property
    def backlog_seconds(self) -> float:
        return 0.0 if self._dropping else self._waiting() / self.format.sample_rate_hz

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        assert timeout_seconds == 0.0, "a turn waits for nothing"
        assert not self._closed
        self._receive()
        station = self._station
        if station.meet("error", "format", "unplug", "gone"):
            raise TransientSourceError(f"the simulated device broke: {station.fault}")
        if self._dropping and not self._drop():
            return None
        count = min(self._waiting(), round(BLOCK_SECONDS * self.format.sample_rate_hz))
        if not count:
            return None
        samples = self._damaged(self._reel.at(self._first_of_reel + self._next_sample, count))
        block = AudioBlock(samples, self._next_sample)
        self._book(count)
        return block

    def close(self) -> None:
        self._closed = True

    def _receive(self) -> None:
        station, now = self._station, self._station.clock.awake_seconds
        station.look()
        self._arrived_seconds += sum(seconds * flow for seconds, flow in station.flows(self._seen_at, now))
        self._seen_at = now
        if station.fault and now >= station.fault.end and station.meet("burst"):
            self._arrived_seconds += station.fault.seconds
        if station.fault and station.meet("lost"):
            self._dropping = round(station.fault.seconds * self.format.sample_rate_hz)

    def _waiting(self) -> int:
        return int(self._arrived_seconds * self.format.sample_rate_hz) - self._next_sample

    def _drop(self) -> bool:
        if self._waiting() <= self._dropping:
            return False
        self._station.lost += self._dropping
        self._book(self._dropping)
        self._dropping = 0
        return True

    def _book(self, count: int) -> None:
        self._next_sample += count
        self._station.captured += count
        self._station.audio_seconds += count / self.format.sample_rate_hz

    def _damaged(self, samples: Float32) -> Float32:
        if self._station.active("garbage"):
            samples[:: len(samples) // 7, 0] = np.resize(_GARBAGE, len(samples[:: len(samples) // 7]))
            self._station.not_finite += len(samples[:: len(samples) // 7])
        return samples
