"""Whole frames to rows of mel band power, and their compression."""

from __future__ import annotations

import numpy as np

from streamgenre.features.kernels.compress import apply_gain, compress_db, compress_log10_10k
from streamgenre.features.kernels.fft import fft_tables, fft_work
from streamgenre.features.kernels.mel import power_mel_frames
from streamgenre.features.mel_filterbank import mel_bands
from streamgenre.messages import Float32
from streamgenre.settings import Compression, LogMelSettings

_COMPRESS = {"db": compress_db, "log10_10k": compress_log10_10k, "power": apply_gain}


class MelPower:
    """Tables and buffers of one front end; holds nothing of the sound. For one thread at a time."""

    def __init__(self, settings: LogMelSettings) -> None:
        self._n_mels = settings.n_mels
        self._hop_samples = settings.hop_samples
        window = np.sin(np.pi * np.arange(settings.n_fft) / settings.n_fft) ** 2
        self._tables = fft_tables(window)
        self._bands = mel_bands(settings)
        self._work = fft_work(settings.n_fft)
        self._spectrum = np.empty(settings.n_fft // 2 + 1)

    def rows(self, samples: Float32, frames: int) -> Float32:
        """The first `frames` frames of contiguous float32 `samples` → (frames, n_mels) float32 power ≥ 0."""
        rows = np.empty((frames, self._n_mels), np.float32)
        if frames:
            power_mel_frames(
                samples, self._hop_samples, self._tables, self._bands, self._work, self._spectrum, rows
            )
        return rows


def compress(power: Float32, gains: Float32, compression: Compression) -> Float32:
    """(frames, n_mels) power times its frame's gain, (frames,), compressed → (frames, n_mels) float32.

    db: −100 dB and up; log10_10k: 0 and up; power: 0 and up.
    """
    rows = np.empty_like(power)
    if len(rows):
        _COMPRESS[compression](power, gains, rows)
    return rows
