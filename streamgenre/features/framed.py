"""Overlapping frames as a view, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from streamgenre.messages import Float32

_AT_ONCE = 64
"""Frames whose spectra fit in the cache beside each other."""


def framed(samples: Float32, frame_samples: int, hop_samples: int, frames: int) -> Iterator[Float32]:
    """Views (up to 64, frame_samples) of contiguous `samples`, one after another: `frames` in all."""
    if frames == 0:
        return
    every = np.lib.stride_tricks.sliding_window_view(samples, frame_samples)[::hop_samples]
    for first in range(0, frames, _AT_ONCE):
        yield every[first : min(frames, first + _AT_ONCE)]
