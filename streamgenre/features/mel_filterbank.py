"""Triangular mel filters in banded form."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Float32
from streamgenre.settings import LogMelSettings, MelScale

Float64 = NDArray[np.float64]

_BANDS = _BINS = 8


class MelBands(NamedTuple):
    """A dense filterbank without most of its zeros, in groups of eight bands and steps of eight bins."""

    first_bin: NDArray[np.int64]
    """(8 × groups,) lowest bin of the band."""
    steps: NDArray[np.int64]
    """(groups,) steps the widest band of the group takes, at least one."""
    weights: Float32
    """(steps in all, 8 bands, 8 bins) one after another; zero beyond a band's end."""
    sureness: Float32
    """(8 × groups,) how little a band moves for its power when all bins have equal, random errors."""
    room: Float32
    """(8,) for bands on their way."""

    @property
    def bins(self) -> int:
        """How many bins are read: what lies beyond the spectrum is weighed by zero."""
        return int((self.first_bin + _BINS * np.repeat(self.steps, _BANDS)).max())


def mel_bands(settings: LogMelSettings, raised: Float64) -> MelBands:
    """The filterbank of librosa.filters.mel, for bins whose power was `raised` by a factor each."""
    dense = (mel_weights(settings) / raised).astype(np.float32)
    dense = np.pad(dense, ((0, -len(dense) % _BANDS), (0, 0)))
    first, widths = (dense > 0).argmax(axis=1), (dense > 0).sum(axis=1)
    steps = np.maximum(1, -(-widths.reshape(-1, _BANDS).max(axis=1) // _BINS))
    weights = [
        _group_weights(dense[_BANDS * group :][:_BANDS], first[_BANDS * group :], count)
        for group, count in enumerate(steps)
    ]
    return MelBands(
        first_bin=first.astype(np.int64),
        steps=steps.astype(np.int64),
        weights=np.concatenate(weights),
        sureness=_sureness(dense),
        room=np.zeros(_BANDS, np.float32),
    )


def _sureness(dense: Float32) -> Float32:
    """A band of weights v and power p moves by 2 √(e p Σv² / Σv) for errors of power e in equal bins."""
    sums, squares = dense.sum(axis=1), (dense**2).sum(axis=1)
    return np.divide(sums, squares, out=np.zeros_like(sums), where=squares > 0)


def _group_weights(dense: Float32, first: NDArray[np.integer], steps: int) -> Float32:
    padded = np.pad(dense, ((0, 0), (0, _BINS * steps)))
    rows = [padded[band, first[band] : first[band] + _BINS * steps] for band in range(_BANDS)]
    return np.stack(rows).reshape(_BANDS, steps, _BINS).swapaxes(0, 1).ravel()


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
