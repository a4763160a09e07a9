"""Many channels to one."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import Float32


def to_mono(samples: Float32) -> Float32:
    """(n, channels) float32 → (n,) float32, the mean of the channels, added from the first to the last."""
    total = samples[:, 0].astype(np.float32)
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    return total / np.float32(samples.shape[1])
