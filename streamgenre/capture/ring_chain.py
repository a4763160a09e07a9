"""A ring buffer for a stream whose number of channels may change."""

from __future__ import annotations

from collections import deque

from streamgenre.capture.ring_buffer import RingBuffer
from streamgenre.messages import AudioBlock, Float32


class RingChain:
    """One ring for each stretch of equal width, read in turn; one writer, one reader."""

    def __init__(self, capacity_samples: int, channels: int) -> None:
        self._capacity = capacity_samples
        self._newest = RingBuffer(capacity_samples, channels)
        self._rings = deque([self._newest])
        self._channels = channels
        self._lost_in_retired = 0

    @property
    def captured_samples(self) -> int:
        """Absolute index one past the newest sample written."""
        return self._newest.captured_samples

    @property
    def lost_samples(self) -> int:
        """Samples the reader has jumped over because they were overwritten."""
        return self._lost_in_retired + self._rings[0].lost_samples

    @property
    def unread_samples(self) -> int:
        """Samples that can still be read."""
        return sum(min(ring.unread_samples, self._capacity) for ring in tuple(self._rings))

    def has_room(self, samples: int) -> bool:
        """Whether so many more would overwrite nothing unread."""
        return self._newest.unread_samples + samples <= self._capacity

    def write(self, samples: Float32) -> None:
        """Append (samples, channels) float32. Never waits; overwrites the oldest of the same width."""
        if samples.shape[1] != self._channels:
            self._channels = samples.shape[1]
            self._newest = RingBuffer(self._capacity, self._channels, self.captured_samples)
            self._rings.append(self._newest)
        self._newest.write(samples)

    def read(self, max_samples: int) -> AudioBlock | None:
        """Return the oldest samples, at most `max_samples`, all of one width; None when there are none."""
        while True:
            last = len(self._rings) == 1
            block = self._rings[0].read(max_samples)
            if block is not None or last:
                return block
            self._lost_in_retired += self._rings.popleft().lost_samples
