"""What a whole file is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np

from streamgenre.decide.calibration import calibrated
from streamgenre.decide.hearing import MUSIC, kind_posterior
from streamgenre.decide.ranking import TAGS_SHOWN, ranked
from streamgenre.decide.smoothing import Float64
from streamgenre.messages import LabelProbability, Observation, Status, Verdict
from streamgenre.settings import DecideSettings

_LEAST_SHARE = 0.05
_FLOOR = 1e-3


def pooled_belief(mean_log_posterior: Float64) -> Float64:
    """Return the belief over a file: proportional to exp(mean log posterior of its windows).

    This is the geometric mean of the posteriors, as if their logits were averaged; it does not grow surer
    with length, since the windows of one file share its bias. (labels,) float64, sums to 1.
    """
    weights = np.exp(mean_log_posterior - mean_log_posterior.max())
    return weights / weights.sum()


class FileTally:
    """Gathers the observations of one file. Every audible second counts once, however often it was heard."""

    def __init__(
        self,
        labels: tuple[str, ...],
        settings: DecideSettings,
        *,
        gate_labels: tuple[str, ...] | None = ("music", "speech", "noise"),
        tag_labels: tuple[str, ...] = (),
        sharpness: float = 1.0,
    ) -> None:
        self._labels = labels
        self._kinds = gate_labels or (MUSIC,)
        self._music = self._kinds.index(MUSIC)
        self._tag_labels = tag_labels
        self._sharpness = sharpness
        self._min_confidence = settings.min_confidence
        self._kind_seconds = np.zeros(len(self._kinds))
        self._logs = np.zeros(len(labels))
        self._tags = np.zeros(len(tag_labels))
        self._last: Observation | None = None

    def process(self, observation: Observation) -> None:
        """Take the next observation."""
        self._last = observation
        scores, seconds = observation.scores, observation.evidence_seconds
        if scores is None or seconds <= 0.0:
            return
        gate = kind_posterior(scores, self._kinds)
        self._kind_seconds += seconds * gate
        self._logs += seconds * gate[self._music] * np.log(np.maximum(scores.genre, _FLOOR))
        if scores.tags is not None and len(self._tag_labels):
            self._tags += seconds * scores.tags

    def verdict(self, *, short: bool = False) -> Verdict:
        """Say what the file is: `silence` when less than a twentieth of it could be heard."""
        if self._last is None or not self._kind_seconds.any():
            return self._unheard(self._last, short=short)
        heard_seconds = float(self._kind_seconds.sum())
        top = ranked(self._labels, self._belief())
        status, genre, confidence = self._judge(top[0], heard_seconds, self._last.audio_seconds)
        tags = ranked(self._tag_labels, self._tags / heard_seconds, TAGS_SHOWN)
        return Verdict(self._last.audio_seconds, status, genre, confidence, top, tags, short)

    def _judge(
        self, best: LabelProbability, heard_seconds: float, seconds: float
    ) -> tuple[Status, str | None, float]:
        if heard_seconds < _LEAST_SHARE * seconds:
            return "silence", None, 1.0 - heard_seconds / seconds
        kind = int(np.argmax(self._kind_seconds))
        if kind != self._music:
            return cast("Status", self._kinds[kind]), None, float(self._kind_seconds[kind] / heard_seconds)
        if best.p < self._min_confidence:
            return "unknown", None, 1.0 - best.p
        return "music", best.label, best.p

    def _belief(self) -> Float64:
        music_seconds = self._kind_seconds[self._music]
        pooled = pooled_belief(self._logs / music_seconds if music_seconds > 0.0 else self._logs)
        return calibrated(pooled, self._sharpness)

    def _unheard(self, last: Observation | None, *, short: bool) -> Verdict:
        if last is None:
            return Verdict(0.0, "unknown", None, None, (), (), short, "too short")
        if last.level is not None and last.level.silent:
            reason = "digital zero" if last.level.digital_zero else None
            return Verdict(last.audio_seconds, "silence", None, 1.0, (), (), short, reason)
        return Verdict(last.audio_seconds, "unknown", None, None, (), (), short, last.reason)


def file_verdict(
    observations: Iterable[Observation],
    labels: tuple[str, ...],
    settings: DecideSettings,
    *,
    gate_labels: tuple[str, ...] | None = ("music", "speech", "noise"),
    tag_labels: tuple[str, ...] = (),
    sharpness: float = 1.0,
    short: bool = False,
) -> Verdict:
    """Return the verdict over all observations of one file."""
    tally = FileTally(labels, settings, gate_labels=gate_labels, tag_labels=tag_labels, sharpness=sharpness)
    for observation in observations:
        tally.process(observation)
    return tally.verdict(short=short)
