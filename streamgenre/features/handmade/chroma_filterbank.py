"""From bins to the twelve pitch classes."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Float32

Float64 = NDArray[np.float64]

_PITCHES = 12
_A4_HZ = 440.0
_CENTRE_OCTAVE, _OCTAVE_WIDTH = 5.0, 2.0
_SEMITONES_FROM_A_TO_C = 3


@functools.lru_cache(maxsize=16)
def chroma_weights(sample_rate_hz: int, n_fft: int) -> Float32:
    """(12, n_fft/2 + 1) float32 over the power spectrum, C first; equal to librosa.filters.chroma.

    Tuned to A4 = 440 Hz; Ellis, Chroma feature analysis and synthesis (2007). Not to be written to.
    """
    pitch = _pitch(np.arange(1.0, n_fft) * (sample_rate_hz / n_fft))
    pitch = np.concatenate(([pitch[0] - 1.5 * _PITCHES], pitch))
    width = np.append(np.maximum(np.diff(pitch), 1.0), 1.0)
    distance = _wrapped(pitch - np.arange(float(_PITCHES))[:, None])
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    weights *= np.exp(-0.5 * ((pitch / _PITCHES - _CENTRE_OCTAVE) / _OCTAVE_WIDTH) ** 2)
    from_c = np.roll(weights, -_SEMITONES_FROM_A_TO_C, axis=0)
    return np.ascontiguousarray(from_c[:, : n_fft // 2 + 1], np.float32)


def _pitch(hz: Float64) -> Float64:
    """Semitones above A0."""
    return _PITCHES * np.log2(hz / (_A4_HZ / 16))


def _wrapped(semitones: Float64) -> Float64:
    """Into −6 to 6, both the same pitch class."""
    return np.remainder(semitones + 10.5 * _PITCHES, _PITCHES) - _PITCHES / 2
