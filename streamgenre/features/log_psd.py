"""Whole frames to rows of log power density."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.framed import framed
from streamgenre.messages import Float32
from streamgenre.settings import LogSpectrogramSettings

Float64 = NDArray[np.float64]

INT16_FULL_SCALE = 32768.0
LEAST_DENSITY = 1e-10
TAPER = 0.25
"""Share of the window that rises or falls: scipy's default for a spectrogram."""


class LogPsd:
    """Tables of one front end; holds nothing of the sound. A row depends on its frame's samples alone."""

    def __init__(self, settings: LogSpectrogramSettings) -> None:
        self.settings = settings
        self._window = tukey(settings.n_fft)
        self._scale = _density_scale(settings)

    def rows(self, samples: Float32, frames: int) -> Float32:
        """Natural logarithm of power in (16-bit steps)² a hertz, (frames, n_bins) float32, −23.03 and up.

        `samples` are contiguous mono float32, full scale ±1.0, from the first frame on. Equal to
        ln(max(scipy.signal.spectrogram(32768 × samples, rate)[2], 1e-10)) in float64 within 1e-5, but for
        densities 120 dB or more below the frame's strongest, which rounding reaches.
        """
        rows = np.empty((frames, self.settings.n_bins), np.float32)
        done = 0
        for few in framed(samples, self.settings.n_fft, self.settings.hop_samples, frames):
            rows[done : done + len(few)] = self._log_density(few)
            done += len(few)
        return rows

    def _log_density(self, frames: Float32) -> Float64:
        steps = frames * INT16_FULL_SCALE
        steady = steps.mean(axis=1, keepdims=True, dtype=np.float64)
        spectrum = np.fft.rfft((steps - steady) * self._window)[:, : self.settings.n_bins]
        density = (spectrum.real**2 + spectrum.imag**2) * self._scale
        return np.log(np.maximum(density, LEAST_DENSITY))


@functools.lru_cache(maxsize=16)
def tukey(size: int) -> Float64:
    """(size,) periodic tapered cosine window, as scipy.signal.get_window(("tukey", 0.25), size)."""
    width = int(TAPER * size / 2)
    window = np.ones(size)
    rise = 0.5 * (1 + np.cos(np.pi * (2 * np.arange(width + 1) / TAPER / size - 1)))
    window[: width + 1] = rise
    window[size - width :] = rise[1:][::-1]
    return window


def _density_scale(settings: LogSpectrogramSettings) -> Float64:
    """Per bin: one-sided, so all but 0 Hz and half the rate hold two bins' power."""
    scale = np.full(settings.n_fft // 2 + 1, 2.0)
    scale[0] = scale[-1] = 1.0
    window = tukey(settings.n_fft)
    return scale[: settings.n_bins] / (settings.sample_rate_hz * (window**2).sum())
