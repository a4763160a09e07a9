"""What has been heard lately: running beliefs over kinds of sound, genres and tags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streamgenre.decide.smoothing import Float64, make_smoother
from streamgenre.messages import Scores
from streamgenre.settings import SmootherSettings, SmoothingName

MUSIC = "music"
_TAG_SECONDS = 6.0


def kind_posterior(scores: Scores, kinds: tuple[str, ...]) -> Float64:
    """(kinds,) float64: what a window's gate says; all music where the model has no gate."""
    if scores.gate is None or len(kinds) == 1:
        return np.eye(len(kinds))[kinds.index(MUSIC)]
    return scores.gate


class Hearing:
    """Three smoothers side by side. Genre evidence counts by how much of the window is music."""

    def __init__(
        self, labels: int, kinds: tuple[str, ...], name: SmoothingName, settings: SmootherSettings
    ) -> None:
        self._kinds = kinds
        gate_settings = replace(
            settings, dwell_seconds=settings.gate_dwell_seconds, temper=settings.gate_temper
        )
        self._gate = make_smoother(name, len(kinds), gate_settings)
        self._genre = make_smoother(name, labels, settings)
        self._tags: Float64 | None = None

    @property
    def kinds(self) -> Float64:
        """(kinds,) float64 belief, sums to 1."""
        return self._gate.belief

    @property
    def genres(self) -> Float64:
        """(labels,) float64 belief given that it is music, sums to 1."""
        return self._genre.belief

    @property
    def tags(self) -> Float64 | None:
        """(tags,) float64 averages, 0 to 1; None before any."""
        return self._tags

    def process(self, scores: Scores, evidence_seconds: float, elapsed_seconds: float) -> None:
        """Let time pass, then weigh in what is new in the window."""
        kinds = kind_posterior(scores, self._kinds)
        music_seconds = evidence_seconds * float(kinds[self._kinds.index(MUSIC)])
        self._gate.process(kinds, evidence_seconds, elapsed_seconds)
        self._genre.process(scores.genre, music_seconds, elapsed_seconds)
        self._average_tags(scores.tags, evidence_seconds)

    def fade(self, elapsed_seconds: float) -> None:
        """Let time pass with nothing heard."""
        for smoother in (self._gate, self._genre):
            smoother.process(smoother.belief, 0.0, elapsed_seconds)

    def reset(self) -> None:
        """Forget everything."""
        self._gate.reset()
        self._genre.reset()
        self._tags = None

    def _average_tags(self, tags: Float64 | None, evidence_seconds: float) -> None:
        if tags is None or evidence_seconds <= 0.0:
            return
        keep = np.exp(-evidence_seconds / _TAG_SECONDS)
        self._tags = tags if self._tags is None else keep * self._tags + (1.0 - keep) * tags
