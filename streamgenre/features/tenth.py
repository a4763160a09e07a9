"""Tenths of a second, each measured in one visit."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from streamgenre.features.clipping import ClipCounter
from streamgenre.features.kernels.tenths import fill_tenths
from streamgenre.messages import Float32


class Tenth(NamedTuple):
    """What all that is said of the sound is made of; sums are over samples at full scale ±1.0."""

    end_sample: int
    """Absolute index one past its last sample."""
    first_sample: int
    power: float
    """Mean square over samples and channels."""
    peak: float
    """Greatest magnitude over samples and channels."""
    audible: bool
    """The power reaches the silence threshold."""
    sounding: bool
    """So it does without its DC, which a dead line may well have."""
    clipped: int
    """Values at full scale in runs of three or more, over all channels."""
    sums: tuple[float, ...]
    """Of each channel."""
    squares: tuple[float, ...]
    """Of each channel."""
    product: float
    """Of the first two channels; 0.0 for mono."""
    mixed: float
    """Squares of the sum of the channels; by rounding a little below 0.0 where they cancel."""


class TenthGauge:
    """Measures tenths, as many at a time as there are."""

    def __init__(self, silence_dbfs: float) -> None:
        self._silence_power = 10 ** (silence_dbfs / 10)

    def measure(
        self, samples: Float32, bounds: list[int], first_sample: int, clips: ClipCounter
    ) -> list[Tenth]:
        """(n, channels) float32, finite, contiguous and writable → the tenths between `bounds`.

        These count from `samples`, which begin at the absolute index `first_sample`.
        """
        channels = samples.shape[1]
        sums = np.empty((len(bounds) - 1, 2 + 2 * channels))
        fill_tenths(samples.reshape(-1), channels, np.array(bounds), sums)
        peaks = _peaks(samples[: bounds[-1]], bounds)
        spans = zip(itertools.pairwise(bounds), sums.tolist(), peaks, strict=True)
        return [
            self._tenth(
                (first_sample + first, first_sample + end), row, peak, clips.process(samples[first:end], peak)
            )
            for (first, end), row, peak in spans
        ]

    def _tenth(self, span: tuple[int, int], row: list[float], peak: float, clipped: int) -> Tenth:
        channels, count = len(row) // 2 - 1, span[1] - span[0]
        sums, squares = tuple(row[2 : 2 + channels]), tuple(row[2 + channels :])
        power = sum(squares) / (count * channels)
        loud = power >= self._silence_power
        steady = sum([total * total for total in sums]) / (count * count * channels) if loud else 0.0
        sounding = loud and power - steady >= self._silence_power
        return Tenth(span[1], span[0], power, peak, loud, sounding, clipped, sums, squares, row[0], row[1])


def _peaks(samples: Float32, bounds: list[int]) -> list[float]:
    """Greatest magnitude between each two bounds."""
    starts = np.array(bounds[:-1]) * samples.shape[1]
    return np.maximum.reduceat(np.abs(samples).reshape(-1), starts).tolist()
