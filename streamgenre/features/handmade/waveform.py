"""Descriptors of frames that need no spectrum."""

from __future__ import annotations

import numpy as np

from streamgenre.features.kernels.loudness import mean_squares
from streamgenre.messages import Float32
from streamgenre.settings import HandmadeSettings

_ZERO = 1e-10
"""What is less negative than this counts as positive, as in librosa."""


def levels(padded: Float32, settings: HandmadeSettings, frames: int) -> Float32:
    """Root mean square of each frame, (frames,) float32; `padded` begins half a frame before the sound."""
    means = mean_squares(padded, settings.n_fft, settings.hop_samples, frames)
    return np.sqrt(means).astype(np.float32)


def crossing_rates(samples: Float32, settings: HandmadeSettings, frames: int) -> Float32:
    """Zero crossings a sample, (frames,) float32, of frames centred on multiples of the hop.

    Beyond the sound its first or last value goes on, which crosses nothing.
    """
    negative = samples < -_ZERO
    crossings = np.zeros(len(samples) + 1, np.int64)
    np.cumsum(negative[1:] != negative[:-1], out=crossings[2:])
    starts = np.arange(frames) * settings.hop_samples - settings.n_fft // 2
    first = np.clip(starts + 1, 1, len(samples))
    end = np.clip(starts + settings.n_fft, 1, len(samples))
    return ((crossings[end] - crossings[first]) / settings.n_fft).astype(np.float32)
