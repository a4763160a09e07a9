"""Triangular mel filters in banded form."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings, MelScale

Float64 = NDArray[np.float64]


class MelBands(NamedTuple):
    """The bins each band covers: of a dense filterbank only what is not zero."""

    first_bin: NDArray[np.uint64]
    """(n_mels,) lowest bin of the band."""
    first_weight: NDArray[np.uint64]
    """(n_mels + 1,) where the band's weights begin in `weights`; the last entry is their number."""
    weights: Float32
    """All weights, band after band."""


def mel_bands(settings: LogMelSettings) -> MelBands:
    """The filterbank of librosa.filters.mel, without its zeros."""
    dense = mel_weights(settings)
    covered = dense > 0
    lengths = covered.sum(axis=1)
    return MelBands(
        covered.argmax(axis=1).astype(np.uint64),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.uint64),
        dense[covered],
    )


def mel_weights(settings: LogMelSettings) -> Float32:
    """(n_mels, n_fft/2 + 1) float32 triangles over the power spectrum, equal to librosa.filters.mel.

    Slaney's scale and area norm: Auditory Toolbox (1998); HTK's: Young et al., The HTK Book.
    A band narrower than the distance of two bins may be all zero, as in librosa.
    """
    rate = settings.sample_rate_hz
    fmax = rate / 2 if settings.fmax_hz is None else settings.fmax_hz
    edges = mel_edges_hz(settings.n_mels + 2, settings.fmin_hz, fmax, settings.mel_scale)
    bins = np.arange(settings.n_fft // 2 + 1) * (rate / settings.n_fft)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    if settings.mel_norm == "slaney":
        weights *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return weights


def mel_edges_hz(count: int, fmin_hz: float, fmax_hz: float, scale: MelScale) -> Float64:
    """(count,) float64 frequencies evenly spaced on the mel scale, both ends included."""
    if scale == "htk":
        mels = np.linspace(_hz_to_htk(fmin_hz), _hz_to_htk(fmax_hz), count)
        return 700 * (10 ** (mels / 2595) - 1)
    mels = np.linspace(_hz_to_slaney(fmin_hz), _hz_to_slaney(fmax_hz), count)
    return _slaney_to_hz(mels)


_LINEAR_HZ_PER_MEL = 200 / 3
_LOG_FROM_HZ = 1000.0
_LOG_FROM_MEL = _LOG_FROM_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = math.log(6.4) / 27


def _hz_to_htk(hz: float) -> float:
    return 2595 * math.log10(1 + hz / 700)


def _hz_to_slaney(hz: float) -> float:
    if hz < _LOG_FROM_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return _LOG_FROM_MEL + math.log(hz / _LOG_FROM_HZ) / _LOG_STEP


def _slaney_to_hz(mels: Float64) -> Float64:
    above = _LOG_FROM_HZ * np.exp(_LOG_STEP * np.maximum(mels - _LOG_FROM_MEL, 0))
    return np.where(mels < _LOG_FROM_MEL, mels * _LINEAR_HZ_PER_MEL, above)
