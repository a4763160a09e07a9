"""Mel-frequency cepstral coefficients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.mel_power import MelPower
from streamgenre.messages import Float32
from streamgenre.settings import HANDMADE_MFCCS, HandmadeSettings, LogMelSettings

MEL_BANDS = 128
RANGE_DB = 80.0
"""How far below the loudest band of a window anything counts."""


class Cepstrum:
    """Tables and buffers of one front end. For one thread at a time."""

    def __init__(self, settings: HandmadeSettings) -> None:
        mel = LogMelSettings(settings.sample_rate_hz, settings.n_fft, settings.hop_samples, MEL_BANDS)
        self._mel_power = MelPower(mel)
        self._cosines = cosines(HANDMADE_MFCCS, MEL_BANDS).astype(np.float32)

    def describe(self, padded: Float32, frames: int) -> dict[str, Float32]:
        """mfcc1 to mfcc20, (frames,) float32 in decibels times the square root of the bands."""
        rows = self._mel_power.rows(padded, np.ones(frames, np.float32))
        np.maximum(rows, rows.max() - np.float32(RANGE_DB), out=rows)
        coefficients = np.einsum("fm,cm->cf", rows, self._cosines)
        return {f"mfcc{number}": row for number, row in enumerate(coefficients, 1)}


def cosines(count: int, bands: int) -> NDArray[np.float64]:
    """(count, bands) orthonormal type II discrete cosine transform, as scipy.fft.dct(norm="ortho")."""
    angle = np.pi / bands * (np.arange(bands) + 0.5) * np.arange(count)[:, None]
    scale = np.full((count, 1), np.sqrt(2 / bands))
    scale[0] = np.sqrt(1 / bands)
    return scale * np.cos(angle)
