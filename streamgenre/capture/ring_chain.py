"""A ring buffer for a stream whose number of channels may change."""

from __future__ import annotations

import threading
from collections import deque

from streamgenre.capture.ring_buffer import RingBuffer
from streamgenre.messages import AudioBlock, Float32

MAX_RINGS = 8
"""A stream may change its width with every frame; beyond these the oldest stretch is lost."""


class RingChain:
    """One ring for each stretch of equal width, read in turn; one writer, one reader.

    It keeps the newest `capacity_samples`, or fewer where they would take more than `most_bytes`, and with
    them at most the rest of the stretch before.
    """

    def __init__(self, capacity_samples: int, channels: int, most_bytes: int = 64 << 20) -> None:
        self._wanted_samples = capacity_samples
        self._most_bytes = most_bytes
        self._lost_in_retired = 0
        self._channels = channels
        self._newest = self._ring(0)
        self._rings = deque([self._newest])
        self._changing = threading.Lock()

    @property
    def captured_samples(self) -> int:
        """Absolute index one past the newest sample written."""
        return self._newest.captured_samples

    @property
    def lost_samples(self) -> int:
        """Samples the reader has jumped over because they were overwritten."""
        with self._changing:
            return self._lost_in_retired + self._rings[0].lost_samples

    @property
    def unread_samples(self) -> int:
        """Samples written and not yet read, over all rings."""
        with self._changing:
            return self._unread()

    def has_room(self, samples: int) -> bool:
        """Whether so many more would overwrite nothing unread."""
        with self._changing:
            return self._unread() + samples <= self._newest.capacity_samples

    def write(self, samples: Float32) -> None:
        """Append (samples, channels) float32. Never waits; overwrites the oldest."""
        with self._changing:
            if samples.shape[1] != self._channels:
                self._channels = samples.shape[1]
                self._newest = self._ring(self.captured_samples)
                self._rings.append(self._newest)
            self._newest.write(samples)
            while len(self._rings) > 1 and self._is_too_much():
                self._retire()

    def read(self, max_samples: int) -> AudioBlock | None:
        """Return the oldest samples, at most `max_samples`, all of one width; None when there are none."""
        with self._changing:
            while True:
                block = self._rings[0].read(max_samples)
                if block is not None or len(self._rings) == 1:
                    return block
                self._retire()

    def _ring(self, first_sample: int) -> RingBuffer:
        capacity_samples = min(self._wanted_samples, self._most_bytes // (4 * self._channels))
        return RingBuffer(max(1, capacity_samples), self._channels, first_sample)

    def _unread(self) -> int:
        return sum(ring.unread_samples for ring in self._rings)

    def _is_too_much(self) -> bool:
        newer = self._unread() - self._rings[0].unread_samples
        return len(self._rings) > MAX_RINGS or newer >= self._newest.capacity_samples

    def _retire(self) -> None:
        """Let go of the oldest ring, and book what was not read of it as lost."""
        ring = self._rings.popleft()
        self._lost_in_retired += ring.lost_samples + ring.unread_samples
