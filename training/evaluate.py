"""From out-of-fold answers to the figures of a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.corpus import Corpus
from training.heads import best_temperature, log_softmax
from training.metrics import calibration_error, confusion_matrix, mean_by_clip, wilson_interval

Float64 = NDArray[np.float64]

EMOTIFY_LABELS = ("classical", "electronic", "pop", "rock")
_DIGITS = 4


def choose_temperature(corpus: Corpus, answers: dict[str, Float64]) -> float:
    """Give the temperature that suits unseen artists best, over all views trained on."""
    views = corpus.recipe.views
    clip_of = [corpus.views[view].clip_of for view in views]
    weights = np.concatenate([corpus.weights(clips) for clips in clip_of]) / len(views)
    labels = corpus.truth[np.concatenate(clip_of)]
    return best_temperature(np.concatenate([answers[view] for view in views]), labels, weights)


def genre_figures(corpus: Corpus, answers: dict[str, Float64], temperature: float) -> dict[str, Any]:
    """Measure tracks and windows of the genre head, one table a view."""
    return {view: _genre_view(corpus, view, answers[view] / temperature) for view in answers}


def gate_figures(corpus: Corpus, answers: dict[str, Float64], temperature: float) -> dict[str, Any]:
    """Measure the gate: window and clip shares by truth, one table a view."""
    return {view: _gate_view(corpus, view, answers[view] / temperature) for view in answers}


def _genre_view(corpus: Corpus, view: str, logits: Float64) -> dict[str, Any]:
    clip_of, labels = corpus.views[view].clip_of, corpus.recipe.labels
    posterior = np.exp(log_softmax(logits))
    tracks, heard = _tracks(posterior, clip_of, len(corpus.clips))
    right = heard & (tracks.argmax(axis=1) == corpus.truth)
    datasets = np.array([clip.dataset for clip in corpus.clips])
    among_four = heard & (_restricted(tracks, labels, EMOTIFY_LABELS) == corpus.truth)
    gtzan_labels = [label for label in labels if label != "electronic"]
    among_ten = heard & (_restricted(tracks, labels, gtzan_labels) == corpus.truth)
    windows_right = logits.argmax(axis=1) == corpus.truth[clip_of]
    weights = corpus.weights(clip_of)
    by_label = {label: right[corpus.truth == number] for number, label in enumerate(labels)}
    return {
        "macro_recall": _rounded(np.mean([hits.mean() for hits in by_label.values()])),
        "window_macro_accuracy": _rounded(weights @ windows_right),
        "track_calibration_error": _rounded(calibration_error(tracks[heard].max(axis=1), right[heard])),
        "window_calibration_error": _rounded(calibration_error(posterior.max(axis=1), windows_right)),
        "gtzan_among_10": _share(among_ten[datasets == "gtzan"]),
        "gtzan_among_11": _share(right[datasets == "gtzan"]),
        "emotify_among_4": _share(among_four[datasets == "emotify"]),
        "emotify_among_11": _share(right[datasets == "emotify"]),
        "recall": {label: _share(hits) for label, hits in by_label.items()},
        "confusion": _confusion(corpus, tracks, heard),
    }


def _gate_view(corpus: Corpus, view: str, logits: Float64) -> dict[str, Any]:
    clip_of = corpus.views[view].clip_of
    answered = logits.argmax(axis=1)
    tracks, heard = _tracks(np.exp(log_softmax(logits)), clip_of, len(corpus.clips))
    windows = confusion_matrix(corpus.truth[clip_of], answered, len(corpus.recipe.labels))
    clips = confusion_matrix(corpus.truth[heard], tracks.argmax(axis=1)[heard], len(corpus.recipe.labels))
    rows = zip(corpus.recipe.labels, windows, clips, strict=True)
    return {label: {"windows": window.tolist(), "clips": clip.tolist()} for label, window, clip in rows}


def _tracks(
    posterior: Float64, clip_of: NDArray[np.int64], clip_count: int
) -> tuple[Float64, NDArray[np.bool_]]:
    """Average windows; give also which clips had any. One without is right for no label."""
    heard = np.bincount(clip_of, minlength=clip_count) > 0
    return np.nan_to_num(mean_by_clip(posterior, clip_of, clip_count), nan=0.0), heard


def _restricted(tracks: Float64, labels: Sequence[str], allowed: Sequence[str]) -> NDArray[np.int64]:
    columns = np.array([labels.index(label) for label in allowed])
    return columns[tracks[:, columns].argmax(axis=1)]


def _confusion(corpus: Corpus, tracks: Float64, heard: NDArray[np.bool_]) -> dict[str, list[int]]:
    labels = corpus.recipe.labels
    matrix = confusion_matrix(corpus.truth[heard], tracks[heard].argmax(axis=1), len(labels))
    return {label: row.tolist() for label, row in zip(labels, matrix, strict=True)}


def _share(hits: NDArray[np.bool_]) -> list[float | int]:
    """Give share, lower and upper end of its 95 % Wilson interval, and the number of clips."""
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return [_rounded(hits.mean()), _rounded(low), _rounded(high), len(hits)]


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
