"""From answers to figures: of windows, and of the tracks they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.metrics import confusion_matrix, mean_by_clip, wilson_interval
from training.systems.material import Material

Float64 = NDArray[np.float64]
Integers = NDArray[np.int64]

_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one run said of the rows it was tested on."""

    rows: Integers
    """(tested,) index into the material's rows."""
    posterior: NDArray[np.float32]
    """(tested, labels)"""


def figures(material: Material, runs: Sequence[Answers]) -> dict[str, Any]:
    """Measure windows and tracks over all runs; a track tested in two runs counts in each."""
    window_truth = np.concatenate([material.labels[run.rows] for run in runs])
    window_answer = np.concatenate([run.posterior.argmax(axis=1) for run in runs])
    tracks = [_tracks(material, run) for run in runs]
    track_truth = np.concatenate([truth for truth, _ in tracks])
    track_answer = np.concatenate([answer for _, answer in tracks])
    return {
        "window": one_level(window_truth, window_answer, material.label_names),
        "track": one_level(track_truth, track_answer, material.label_names),
    }


def one_level(truth: Integers, answer: Integers, labels: Sequence[str]) -> dict[str, Any]:
    """Give accuracy with interval, macro F1, precision, recall and F1 by label, and the confusion matrix."""
    matrix = confusion_matrix(truth, answer, len(labels))
    by_label = {label: _label_figures(matrix, number) for number, label in enumerate(labels)}
    scores = [row["f1"] for row in by_label.values() if row["n"]]
    return {
        "accuracy": share(int(np.trace(matrix)), int(matrix.sum())),
        "macro_f1": round(float(np.mean(scores)), _DIGITS),
        "by_label": by_label,
        "confusion": matrix.tolist(),
    }


def share(hits: int, trials: int) -> list[float | int]:
    """Give [share, low, high, n] with the 95 % Wilson interval."""
    low, high = wilson_interval(hits, trials)
    return [round(hits / max(trials, 1), _DIGITS), round(low, _DIGITS), round(high, _DIGITS), trials]


def _tracks(material: Material, run: Answers) -> tuple[Integers, Integers]:
    tested, track_of = np.unique(material.track_of[run.rows], return_inverse=True)
    means = mean_by_clip(run.posterior.astype(np.float64), track_of.ravel(), len(tested))
    labels = np.zeros(len(material.tracks), np.int64)
    labels[material.track_of] = material.labels
    return labels[tested], means.argmax(axis=1)


def _label_figures(matrix: Integers, label: int) -> dict[str, float | int]:
    right, truth, answered = int(matrix[label, label]), int(matrix[label].sum()), int(matrix[:, label].sum())
    precision, recall = right / max(answered, 1), right / max(truth, 1)
    f1 = 2 * right / max(truth + answered, 1)
    return {
        "precision": round(precision, _DIGITS),
        "recall": round(recall, _DIGITS),
        "f1": round(f1, _DIGITS),
        "n": truth,
    }
