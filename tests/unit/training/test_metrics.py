from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import (
    calibration_error,
    calibration_noise,
    confusion_matrix,
    equal_mass_calibration_error,
    mean_by_clip,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("hits", "trials", "interval"),
    [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (81, 263, (0.2553, 0.3662)), (0, 0, (0.0, 1.0))],
)
def test_wilson_gives_published_intervals(hits, trials, interval):
    assert wilson_interval(hits, trials) == pytest.approx(interval, abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(counts):
    hits, trials = counts
    low, high = wilson_interval(hits, trials)
    assert 0 <= low <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= high <= 1


def test_calibration_error_is_the_gap_between_word_and_deed():
    confidence = np.array([0.95] * 10 + [0.55] * 10)
    correct = np.array([True] * 10 + [True] * 3 + [False] * 7)
    assert calibration_error(confidence, correct) == pytest.approx(0.5 * 0.05 + 0.5 * 0.25)
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0


def test_equal_mass_bins_hold_equally_many_however_near_the_confidences():
    confidence = np.array([0.9] * 10 + [0.99] * 10)
    correct = np.array([True] * 9 + [False] + [True] * 5 + [False] * 5)
    assert equal_mass_calibration_error(confidence, correct, bins=2) == pytest.approx(0.5 * 0.49)
    assert equal_mass_calibration_error(confidence[::-1], correct[::-1], bins=2) == pytest.approx(0.5 * 0.49)
    assert equal_mass_calibration_error(np.empty(0), np.empty(0, bool)) == 0
    assert equal_mass_calibration_error(np.array([0.7]), np.array([True])) == pytest.approx(0.3)


def test_the_noise_of_an_honest_confidence_shrinks_with_the_number():
    few, many = (calibration_noise(np.tile([0.5, 0.7, 0.9], n), draws=50) for n in (50, 5000))
    assert 0 < many < 0.02 < few < 0.1


def test_confusion_counts_rows_of_truth():
    matrix = confusion_matrix(np.array([0, 0, 1]), np.array([0, 2, 1]), 3)
    assert matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_windows_are_averaged_by_clip_and_absence_is_no_number():
    means = mean_by_clip(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 2]), 3)
    assert means[0] == 2
    assert np.isnan(means[1]).all()
    assert means[2] == 5
