"""Kaldi's log filterbank in NumPy, in double precision: what FireRedVAD hears."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

RATE_HZ = 16000
FRAME_SAMPLES, HOP_SAMPLES, N_FFT, BANDS = 400, 160, 512, 80
LOW_HZ, HIGH_HZ = 20.0, 8000.0
_FULL_SCALE = 32768.0
_PRE_EMPHASIS = 0.97
_POVEY_POWER = 0.85
_LEAST = float(np.finfo(np.float32).eps)


def kaldi_fbank(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the log filterbank energies of whole frames (snip_edges), without dither.

    samples: (samples,) float32 mono at 16 kHz, full scale ±1. Returns (frames, 80) float32, natural
    logarithms of power, -15.94 (float32's epsilon) and up; no frames for less than 400 samples.
    Source: Kaldi's feature-fbank and mel-computations; 0.002 from kaldi-native-fbank, which is single
    precision.
    """
    if len(samples) < FRAME_SAMPLES:
        return np.empty((0, BANDS), np.float32)
    scaled = samples.astype(np.float64) * _FULL_SCALE
    frames = sliding_window_view(scaled, FRAME_SAMPLES)[::HOP_SAMPLES]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - _PRE_EMPHASIS * before) * _povey_window(), N_FFT)
    power = spectrum.real**2 + spectrum.imag**2
    return np.log(np.maximum(power @ _mel_weights(), _LEAST)).astype(np.float32)


@cache
def _povey_window() -> Float64:
    phase = 2 * np.pi * np.arange(FRAME_SAMPLES) / (FRAME_SAMPLES - 1)
    return (0.5 - 0.5 * np.cos(phase)) ** _POVEY_POWER


@cache
def _mel_weights() -> Float64:
    """(257, 80): triangles, straight on the mel axis; the bin at half the rate is left out, as by Kaldi."""
    bins = _mel(np.arange(N_FFT // 2) * RATE_HZ / N_FFT)[:, None]
    edges = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), BANDS + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.pad(np.clip(np.minimum(rising, falling), 0, None), ((0, 1), (0, 0)))


def _mel(hertz: NDArray[np.float64] | float) -> Float64:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)
