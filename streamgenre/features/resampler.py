"""The only door to soxr: any sample rate to the model's."""

from __future__ import annotations

import functools
import math

import numpy as np
import soxr

from streamgenre.messages import Float32

_QUALITY = "HQ"


class Resampler:
    """Streams mono sound from one rate to another, bit for bit the same for every chunking.

    Output sample n lies at n / to_hz seconds; after `flush` there are n_in × to_hz / from_hz of
    them, rounded (half up). Equal rates pass through untouched.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._from_hz = from_hz
        self._to_hz = to_hz
        self._stream = None if from_hz == to_hz else _open_stream(from_hz, to_hz)

    @property
    def latency_samples(self) -> int:
        """The most samples, at to_hz, that can be due and not yet given."""
        return 0 if self._stream is None else _most_pending(self._from_hz, self._to_hz)

    def process(self, block: Float32) -> Float32:
        """Mono (n,) float32 → (m,) float32, as many samples as are certain by now."""
        if self._stream is None:
            return block
        return self._stream.resample_chunk(np.ascontiguousarray(block, np.float32))

    def flush(self) -> Float32:
        """The samples still pending, (m,) float32; ends the stream and begins a new one."""
        if self._stream is None:
            return np.empty(0, np.float32)
        rest = self._stream.resample_chunk(np.empty(0, np.float32), last=True)
        self._stream.clear()
        return rest

    def reset(self) -> None:
        """Drop what is pending: the next sample is the first of a new stream."""
        if self._stream is not None:
            self._stream.clear()


def _open_stream(from_hz: int, to_hz: int) -> soxr.ResampleStream:
    return soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=_QUALITY)


@functools.cache
def _most_pending(from_hz: int, to_hz: int) -> int:
    """Fed a sample at a time, as seen over the first quarter of a second after the start-up."""
    stream = _open_stream(from_hz, to_hz)
    sample = np.zeros(1, np.float32)
    given, most = 0, 0.0
    for fed in range(1, from_hz // 2):
        given += len(stream.resample_chunk(sample))
        most = max(most, fed * to_hz / from_hz - given)
    return math.ceil(most)
