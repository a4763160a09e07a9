"""The hand-over from a capture callback to its reader: one writer, one reader, no lock."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import AudioBlock, Float32


class RingBuffer:
    """Keeps the newest `capacity_samples`; what the reader was too slow for is overwritten and counted.

    One thread writes, one reads. The writer announces the stretch it is about to overwrite before
    it touches it, so a reader that was overtaken while copying can tell which rows it must not trust.
    """

    def __init__(self, capacity_samples: int, channels: int, first_sample: int = 0) -> None:
        if capacity_samples < 1 or channels < 1:
            raise ValueError(f"capacity {capacity_samples} and channels {channels} must be at least 1")
        self._samples: Float32 = np.zeros((capacity_samples, channels), np.float32)
        self._capacity = capacity_samples
        self._claimed = first_sample
        self._written = first_sample
        self._read = first_sample
        self._lost = 0

    @property
    def capacity_samples(self) -> int:
        """How many it keeps."""
        return self._capacity

    @property
    def captured_samples(self) -> int:
        """Absolute index one past the newest sample written."""
        return self._written

    @property
    def lost_samples(self) -> int:
        """Samples the reader has jumped over because they were overwritten."""
        return self._lost

    @property
    def unread_samples(self) -> int:
        """Samples written and not yet read; more than the capacity when some are overwritten already."""
        return self._written - self._read

    def write(self, samples: Float32) -> None:
        """Append (samples, channels) float32. Never waits; overwrites the oldest."""
        begin = self._written
        end = begin + len(samples)
        self._claimed = end
        if len(samples) > self._capacity:
            samples = samples[-self._capacity :]
            begin = end - self._capacity
        at = begin % self._capacity
        until_wrap = self._capacity - at
        self._samples[at : at + len(samples)] = samples[:until_wrap]
        if len(samples) > until_wrap:
            self._samples[: len(samples) - until_wrap] = samples[until_wrap:]
        self._written = end

    def read(self, max_samples: int) -> AudioBlock | None:
        """Return the oldest samples still there, at most `max_samples`; None when there are none.

        A jump of `first_sample` past the block before it is exactly what was lost.
        """
        while True:
            begin = max(self._read, self._claimed - self._capacity)
            end = min(begin + max_samples, self._written)
            if end <= begin:
                return None
            samples = self._copied(begin, end)
            trusted = max(begin, self._claimed - self._capacity)
            if trusted < end:
                self._lost += trusted - self._read
                self._read = end
                return AudioBlock(samples[trusted - begin :], trusted)

    def _copied(self, begin: int, end: int) -> Float32:
        at = begin % self._capacity
        until_wrap = min(end - begin, self._capacity - at)
        samples = np.empty((end - begin, self._samples.shape[1]), np.float32)
        samples[:until_wrap] = self._samples[at : at + until_wrap]
        samples[until_wrap:] = self._samples[: end - begin - until_wrap]
        return samples
