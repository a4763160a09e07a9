"""What is published of whole clips: how often a genre is named, how often rightly, how honestly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Belief, Observation, Verdict
from streamgenre.settings import CalibrationSettings, SmoothingName
from training.heard import Deciding
from training.metrics import calibration_noise, equal_mass_calibration_error, wilson_interval
from training.sharpness import as_rows, fit_sharpness

Float64 = NDArray[np.float64]

SMOOTHERS: tuple[SmoothingName, ...] = ("hmm", "ema", "vote", "none")
SETTLED_SECONDS = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class ClipHeard:
    """One clip as an out-of-fold judge scored it."""

    genre: str
    observations: Sequence[Observation]


def fit_calibration(partitions: Iterable[Sequence[ClipHeard]], deciding: Deciding) -> CalibrationSettings:
    """Fit the sharpness of each smoother, on all its states of a clip alike, and that of verdicts."""
    raw, clips = replace(deciding, calibration=CalibrationSettings()), [c for one in partitions for c in one]
    maps: dict[str, float] = {}
    for name in SMOOTHERS:
        smoothed = replace(raw, settings=replace(raw.settings, smoothing=name))
        maps[name] = _fit(clips, [smoothed.follow(clip.observations) for clip in clips], deciding.labels)
    maps["verdict"] = _fit(clips, [[raw.verdict(clip.observations)] for clip in clips], deciding.labels)
    return CalibrationSettings(**maps)


def published_figures(clips: Sequence[ClipHeard], deciding: Deciding) -> dict[str, Any]:
    """Measure the last state of each clip, all states after six seconds, and the verdict."""
    streams = [deciding.follow(clip.observations) for clip in clips]
    genres = [clip.genre for clip in clips]
    settled = [
        (genre, belief)
        for clip, genre, stream in zip(clips, genres, streams, strict=True)
        for observation, belief in zip(clip.observations, stream, strict=True)
        if observation.audio_seconds >= SETTLED_SECONDS and belief.top
    ]
    verdicts = [deciding.verdict(clip.observations) for clip in clips]
    return {
        "last_state": _figures(genres, [stream[-1] for stream in streams]),
        "states_after_6_s": _figures([genre for genre, _ in settled], [belief for _, belief in settled]),
        "verdict": _figures(genres, verdicts),
    }


def coverage_table(
    clips: Sequence[ClipHeard], deciding: Deciding, thresholds: Sequence[float]
) -> list[dict[str, Any]]:
    """Say for each least confidence how often the last state names a genre, and how often rightly."""
    rows: list[dict[str, Any]] = []
    for threshold in thresholds:
        bolder = replace(deciding, settings=replace(deciding.settings, min_confidence=threshold))
        last = [bolder.follow(clip.observations)[-1] for clip in clips]
        rows.append({"min_confidence": threshold} | _figures([clip.genre for clip in clips], last))
    return rows


def _figures(genres: Sequence[str], answers: Sequence[Belief] | Sequence[Verdict]) -> dict[str, Any]:
    """Measure those that name a genre; the first of `top` too, whether or not it was named."""
    named = [(a.confidence, a.genre == genre) for a, genre in zip(answers, genres, strict=True) if a.genre]
    first = [(a.top[0].p, a.top[0].label == genre) for a, genre in zip(answers, genres, strict=True) if a.top]
    low, high = wilson_interval(sum(right for _, right in named), len(named))
    return {
        "n": len(answers),
        "coverage": round(len(named) / max(len(answers), 1), 4),
        "accuracy": _mean(right for _, right in named),
        "accuracy_interval": [round(low, 4), round(high, 4)],
        "confidence": _mean(confidence or 0.0 for confidence, _ in named),
        "calibration_error": _error(named),
        "calibration_error_of_a_perfect_one": round(calibration_noise(_column(named)), 4),
        "first_of_top_accuracy": _mean(right for _, right in first),
        "first_of_top_calibration_error": _error(first),
    }


def _fit(
    clips: Sequence[ClipHeard],
    answers: Sequence[Sequence[Belief] | Sequence[Verdict]],
    labels: Sequence[str],
) -> float:
    """Give every clip one vote, shared by its answers."""
    tops = [[answer.top for answer in found if answer.top] for found in answers]
    truth = np.concatenate(
        [np.full(len(found), labels.index(clip.genre)) for clip, found in zip(clips, tops, strict=True)]
    ).astype(np.int64)
    weights = np.concatenate([np.full(len(found), 1.0 / max(len(found), 1)) for found in tops])
    return fit_sharpness(as_rows([top for found in tops for top in found], labels), truth, weights)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return round(float(np.mean(found)), 4) if found else 0.0


def _column(pairs: Sequence[tuple[float | None, bool]]) -> Float64:
    return np.array([confidence for confidence, _ in pairs], np.float64)


def _error(pairs: Sequence[tuple[float | None, bool]]) -> float:
    right = np.array([hit for _, hit in pairs], bool)
    return round(equal_mass_calibration_error(_column(pairs), right), 4)
