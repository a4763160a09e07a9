"""From band power to what a network sees; one kernel each, with one gain a frame."""

from __future__ import annotations

import math

import numpy as np

from streamgenre.features.kernels.jit import kernel
from streamgenre.messages import Float32


@kernel
def compress_db(power: Float32, gains: Float32, rows: Float32) -> None:
    """10 log10(max(gain × power, 1e-10)) of each frame: librosa.power_to_db, ref 1.0, without top_db."""
    for frame in range(np.uint64(rows.shape[0])):
        gain = np.float64(gains[frame])
        for band in range(np.uint64(rows.shape[1])):
            rows[frame, band] = 10.0 * math.log10(max(gain * power[frame, band], 1e-10))


@kernel
def compress_log10_10k(power: Float32, gains: Float32, rows: Float32) -> None:
    """log10(10000 × gain × power + 1) of each frame, as musicnn."""
    for frame in range(np.uint64(rows.shape[0])):
        gain = 10000.0 * gains[frame]
        for band in range(np.uint64(rows.shape[1])):
            rows[frame, band] = math.log10(gain * power[frame, band] + 1.0)


@kernel
def apply_gain(power: Float32, gains: Float32, rows: Float32) -> None:
    """Gain × power of each frame."""
    for frame in range(np.uint64(rows.shape[0])):
        for band in range(np.uint64(rows.shape[1])):
            rows[frame, band] = gains[frame] * power[frame, band]
