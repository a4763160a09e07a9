"""Figures of merit, each with what it takes to judge it."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Integers = NDArray[np.int64]

_NORMAL_95 = 1.959964


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson 1927); (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, squared = hits / trials, _NORMAL_95**2
    centre = share + squared / (2 * trials)
    spread = _NORMAL_95 * sqrt(share * (1 - share) / trials + squared / (4 * trials**2))
    scale = 1 + squared / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def calibration_error(confidence: Float64, correct: NDArray[np.bool_], bins: int = 10) -> float:
    """Give the expected calibration error over bins of equal width, weighted by how full they are."""
    bin_of = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = [
        abs(confidence[bin_of == b].mean() - correct[bin_of == b].mean()) * (bin_of == b).mean()
        for b in np.unique(bin_of)
    ]
    return float(sum(gaps))


def equal_mass_calibration_error(confidence: Float64, correct: NDArray[np.bool_], bins: int = 10) -> float:
    """Give the expected calibration error over bins that hold equally many; 0 without any.

    Equal confidences stay in the order given, so bins may share one.
    """
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(confidence[part].mean() - correct[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / max(len(order), 1))


def calibration_noise(confidence: Float64, seed: int = 0, draws: int = 200) -> float:
    """Give the mean error of `equal_mass_calibration_error` were every confidence exactly true: its floor."""
    generator = np.random.default_rng(seed)
    hits = generator.random((draws, len(confidence))) < confidence
    return float(np.mean([equal_mass_calibration_error(confidence, row) for row in hits]))


def confusion_matrix(truth: Integers, answer: Integers, label_count: int) -> Integers:
    """Count (truth, answer) pairs: (labels, labels) int64, rows are the truth."""
    matrix = np.zeros((label_count, label_count), np.int64)
    np.add.at(matrix, (truth, answer), 1)
    return matrix


def mean_by_clip(values: Float64, clip_of: Integers, clip_count: int) -> Float64:
    """Average windows into clips: (windows, columns) → (clips, columns); NaN for a clip without windows."""
    sums = np.zeros((clip_count, values.shape[1]))
    np.add.at(sums, clip_of, values)
    counts = np.bincount(clip_of, minlength=clip_count)[:, None]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
