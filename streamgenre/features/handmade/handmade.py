"""A window's samples to means and variances of descriptors."""

from __future__ import annotations

import numpy as np

from streamgenre.features.handmade.cepstrum import Cepstrum
from streamgenre.features.handmade.spectral import SPECTRAL_DESCRIPTORS, Spectral
from streamgenre.features.handmade.waveform import crossing_rates, levels
from streamgenre.messages import Float32
from streamgenre.settings import HandmadeSettings


def handmade_features(samples: Float32, settings: HandmadeSettings) -> Float32:
    """Mono (n,) float32 → (len(settings.columns),) float32; see `Handmade.features`."""
    return Handmade(settings).features(samples)


class Handmade:
    """Tables and buffers of one choice of columns; holds nothing of the sound. For one thread at a time."""

    def __init__(self, settings: HandmadeSettings) -> None:
        self.settings = settings
        self._wanted = {column.rpartition("_")[0] for column in settings.columns}
        self._spectral = Spectral(settings) if self._wanted.intersection(SPECTRAL_DESCRIPTORS) else None
        mfccs = [name for name in self._wanted if name.startswith("mfcc")]
        self._cepstrum = Cepstrum(settings) if mfccs else None

    def features(self, samples: Float32) -> Float32:
        """Mono (n,) float32, n ≥ 1, full scale ±1.0 → (columns,) float32 in the order of the settings.

        Mean and population variance over all of librosa 0.11's centred frames of these samples, alone:
        zeros lie on both sides (the edge's value for zero crossings), tuning is 0, MFCCs are clipped 80 dB
        below the loudest band of all frames. Seen over 459 clips of 3 s: every
        column within 1e-5 of its standard deviation over clips.
        """
        if not len(samples):
            raise ValueError("features of no samples were asked for")
        samples = np.require(samples, np.float32, ["C"])
        described = self._describe(samples)
        return np.array([_statistic(column, described) for column in self.settings.columns], np.float32)

    def _describe(self, samples: Float32) -> dict[str, Float32]:
        """Every descriptor wanted, and perhaps more, (frames,) or (frames, values) each."""
        half = np.zeros(self.settings.n_fft // 2, np.float32)
        padded = np.concatenate((half, samples, half))
        frames = len(samples) // self.settings.hop_samples + 1
        described: dict[str, Float32] = {}
        if "rms" in self._wanted:
            described["rms"] = levels(padded, self.settings, frames)
        if "zero_crossing_rate" in self._wanted:
            described["zero_crossing_rate"] = crossing_rates(samples, self.settings, frames)
        if self._spectral is not None:
            described |= self._spectral.describe(padded, frames)
        if self._cepstrum is not None:
            described |= self._cepstrum.describe(padded, frames)
        return described


def _statistic(column: str, described: dict[str, Float32]) -> float:
    name, _, statistic = column.rpartition("_")
    values = described[name].astype(np.float64)
    return float(values.mean() if statistic == "mean" else values.var())
