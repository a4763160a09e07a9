from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.heads import balanced_weights, best_temperature, fit_linear_head, log_softmax


def _blobs(generator, windows_of, spread=1.0):
    centres = np.eye(3) * 3
    labels = np.repeat(np.arange(3), windows_of)
    return (centres[labels] + generator.normal(0, spread, (len(labels), 3))).astype(np.float32), labels


def test_a_head_tells_clear_classes_apart_and_is_a_distribution():
    generator = np.random.default_rng(0)
    features, labels = _blobs(generator, (40, 40, 40))
    head = fit_linear_head(features, labels, np.ones(120), 3, 0.01)
    unseen, truth = _blobs(generator, (30, 30, 30))
    log_posterior = head.log_posterior(unseen)
    np.testing.assert_allclose(np.exp(log_posterior).sum(axis=1), 1)
    assert (log_posterior.argmax(axis=1) == truth).mean() > 0.9


def test_the_folded_standardisation_does_not_depend_on_the_features_units():
    features, labels = _blobs(np.random.default_rng(1), (30, 30, 30))
    moved = features * np.array([100, 0.01, 1], np.float32) + 5
    plain = fit_linear_head(features, labels, np.ones(90), 3, 0.03)
    scaled = fit_linear_head(moved, labels, np.ones(90), 3, 0.03)
    np.testing.assert_allclose(scaled.log_posterior(moved), plain.log_posterior(features), atol=1e-3)


def test_a_stronger_penalty_makes_a_more_careful_head():
    features, labels = _blobs(np.random.default_rng(2), (30, 30, 30))
    heads = [fit_linear_head(features, labels, np.ones(90), 3, penalty) for penalty in (0.01, 0.1, 1)]
    confidence = [np.exp(head.log_posterior(features)).max(axis=1).mean() for head in heads]
    assert confidence[0] > confidence[1] > confidence[2]


def test_weights_stand_for_copies():
    features, labels = _blobs(np.random.default_rng(3), (20, 20, 20), spread=2.0)
    weights = np.where(labels == 1, 3.0, 1.0)
    copies = np.repeat(np.arange(60), weights.astype(int))
    weighted = fit_linear_head(features, labels, weights, 3, 0.05)
    copied = fit_linear_head(features[copies], labels[copies], np.ones(len(copies)), 3, 0.05)
    np.testing.assert_allclose(weighted.kernel, copied.kernel, atol=1e-4)


def test_a_label_without_windows_is_refused():
    with pytest.raises(ValueError, match="no training window has label 2"):
        fit_linear_head(np.zeros((2, 3), np.float32), np.array([0, 1]), np.ones(2), 3, 0.1)


@given(st.lists(st.integers(0, 7), min_size=8, max_size=60))
def test_labels_count_equally_and_artists_by_the_root_of_their_clips(clips):
    clip_of = np.array([*clips, *range(8)])
    clip_labels = np.array([0, 0, 0, 0, 0, 1, 1, 2])
    clip_artists = np.array([1, 1, 1, 1, 2, 3, 4, 1])
    weights = balanced_weights(clip_of, clip_labels, clip_artists)
    by_clip = np.bincount(clip_of, weights, minlength=8)
    np.testing.assert_allclose(np.bincount(clip_labels, by_clip), 1 / 3)
    np.testing.assert_allclose(by_clip * 9, [0.5, 0.5, 0.5, 0.5, 1, 1.5, 1.5, 3])


def test_the_temperature_undoes_overconfidence():
    generator = np.random.default_rng(4)
    honest = log_softmax(generator.normal(0, 2, (4000, 4)))
    labels = np.array([generator.choice(4, p=row) for row in np.exp(honest)])
    weights = np.full(4000, 1 / 4000)
    assert best_temperature(honest * 3, labels, weights) == pytest.approx(3, rel=0.1)
    assert best_temperature(honest, labels, weights) == pytest.approx(1, rel=0.1)


def test_cooling_divides_the_logits():
    features, labels = _blobs(np.random.default_rng(5), (20, 20, 20))
    head = fit_linear_head(features, labels, np.ones(60), 3, 0.05)
    expected = log_softmax(head.log_posterior(features) / 2)
    np.testing.assert_allclose(head.cooled(2).log_posterior(features), expected, atol=1e-12)
