"""Descriptors of frames' spectra."""

from __future__ import annotations

import numpy as np

from streamgenre.features.handmade.chroma_filterbank import chroma_weights
from streamgenre.features.kernels.spectrum import PowerSpectra
from streamgenre.messages import Float32
from streamgenre.settings import HandmadeSettings

SPECTRAL_DESCRIPTORS = ("chroma_stft", "spectral_centroid", "spectral_bandwidth", "rolloff")
ROLL_OFF = 0.85
_AT_ONCE = 64
"""Frames whose spectra fit in the cache beside each other."""
_TINY = float(np.finfo(np.float32).tiny)
_NOTHING = 1e-12
"""Magnitude of all bins that only rounding leaves: the faintest 24-bit click gives a hundred times more."""


class Spectral:
    """Tables of one front end. Magnitudes are under a periodic Hann window. For one thread at a time."""

    def __init__(self, settings: HandmadeSettings) -> None:
        n_fft, rate = settings.n_fft, settings.sample_rate_hz
        self._spectra = PowerSpectra(n_fft, settings.hop_samples)
        self._bin_hz = (np.arange(n_fft // 2 + 1) * (rate / n_fft)).astype(np.float32)
        self._chroma = chroma_weights(rate, n_fft)

    def describe(self, padded: Float32, frames: int) -> dict[str, Float32]:
        """Each of SPECTRAL_DESCRIPTORS, (frames,) float32 in hertz, but chroma (frames, 12), 0 to 1."""
        parts = [
            self._describe_few(self._spectra.of(padded, first, min(_AT_ONCE, frames - first)))
            for first in range(0, frames, _AT_ONCE)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in SPECTRAL_DESCRIPTORS}

    def _describe_few(self, power: Float32) -> dict[str, Float32]:
        magnitude = np.sqrt(power)
        total = magnitude.sum(axis=1)
        nothing = total < _NOTHING
        power[nothing], magnitude[nothing], total[nothing] = 0, 0, 1
        centroid, bandwidth = self._centre_and_width(magnitude, total)
        return {
            "chroma_stft": self._chroma_of(power),
            "spectral_centroid": centroid,
            "spectral_bandwidth": bandwidth,
            "rolloff": self._roll_off(magnitude),
        }

    def _chroma_of(self, power: Float32) -> Float32:
        pitches = np.einsum("fb,cb->fc", power, self._chroma)
        strongest = pitches.max(axis=1, keepdims=True)
        return pitches / np.where(strongest < _TINY, np.float32(1), strongest)

    def _centre_and_width(self, magnitude: Float32, total: Float32) -> tuple[Float32, Float32]:
        centroid = np.einsum("fb,b->f", magnitude, self._bin_hz) / total
        distance = self._bin_hz - centroid[:, None]
        return centroid, np.sqrt(np.einsum("fb,fb,fb->f", magnitude, distance, distance) / total)

    def _roll_off(self, magnitude: Float32) -> Float32:
        """Frequency of the first bin up to which ROLL_OFF of the magnitude lies."""
        up_to = np.cumsum(magnitude, axis=1)
        return self._bin_hz[(up_to < np.float32(ROLL_OFF) * up_to[:, -1:]).sum(axis=1)]
