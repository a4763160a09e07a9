from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import calibration_error, confusion_matrix, mean_by_clip, wilson_interval


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


def test_confusion_counts_rows_of_truth():
    matrix = confusion_matrix(np.array([0, 0, 1]), np.array([0, 2, 1]), 3)
    assert matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_windows_are_averaged_by_clip_and_absence_is_no_number():
    means = mean_by_clip(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 2]), 3)
    assert means[0] == 2
    assert np.isnan(means[1]).all()
    assert means[2] == 5
