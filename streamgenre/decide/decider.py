"""One honest belief per source: its status, its genre, and how settled they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from streamgenre.decide.calibration import calibrated
from streamgenre.decide.hearing import MUSIC, Hearing
from streamgenre.decide.incumbent import Incumbent
from streamgenre.decide.ranking import TAGS_SHOWN, ranked
from streamgenre.decide.smoothing import Float64
from streamgenre.messages import Belief, Level, Observation, Status
from streamgenre.settings import DecideSettings, SmootherSettings

# After a pause the first window is mostly what came before it, and is not believed alone.
_FIRST_SECONDS = 0.8
# Half a second of backing delays every hop alike: a longer hop is late by its grid instead.
_SWITCH_SECONDS = 0.5
# The level has already been low for this long when it is called silent.
_SILENCE_SECONDS = 1.0
_LEAST_CARRIED = 0.5
_UNDECIDED_SECONDS = 6.0
_NO_LABEL = -1
_ROUNDING_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class _Finding:
    status: Status
    genre: str | None
    confidence: float | None
    support_seconds: float | None
    """Evidence this decision gives it; None: it rests on nothing heard now."""
    reason: str | None = None
    lead_seconds: float = 0.0
    """Evidence it had gathered before this decision."""


class Decider:
    """Turns observations, in the order of time, into beliefs. Holds no clock."""

    def __init__(
        self,
        labels: tuple[str, ...],
        settings: DecideSettings,
        *,
        gate_labels: tuple[str, ...] | None = ("music", "speech", "noise"),
        tag_labels: tuple[str, ...] = (),
        window_seconds: float = 3.0,
        smoothing: SmootherSettings | None = None,
        sharpness: float = 1.0,
    ) -> None:
        self._labels = labels
        self._kinds = gate_labels or (MUSIC,)
        self._tag_labels = tag_labels
        self._settings = settings
        self._sharpness = sharpness
        smoother = replace(smoothing or SmootherSettings(), window_seconds=window_seconds)
        self._hearing = Hearing(len(labels), self._kinds, settings.smoothing, smoother)
        self._kind = Incumbent[int](_SWITCH_SECONDS)
        self._genre = Incumbent[int](_SWITCH_SECONDS)
        self.reset()

    def reset(self) -> None:
        """Forget everything, as at the start of a source."""
        self._forget()
        self._now_seconds = 0.0
        self._current: tuple[Status, str | None] = ("unknown", None)
        self._since_seconds = 0.0
        self._held_seconds = 0.0

    def process(self, observation: Observation) -> Belief:
        """Decide. Without scores nothing new is believed: what was is carried, and fades."""
        elapsed_seconds = max(observation.audio_seconds - self._now_seconds, 0.0)
        self._now_seconds = observation.audio_seconds
        if observation.scores is None:
            self._hearing.fade(elapsed_seconds)
        else:
            self._hearing.process(observation.scores, observation.evidence_seconds, elapsed_seconds)
        self._genres = self._weigh_genres()
        return self._publish(
            self._judge(observation, elapsed_seconds), classified=observation.scores is not None
        )

    def no_signal(self, audio_seconds: float) -> Belief:
        """Decide that no samples have come for too long; what comes later starts anew."""
        self._forget()
        self._now_seconds = audio_seconds
        return self._publish(
            _Finding("no_signal", None, None, 0.0, "no samples", lead_seconds=math.inf), classified=False
        )

    def _weigh_genres(self) -> Float64:
        """(labels,) float64: the belief given that it is music, for what it proved to be worth."""
        return calibrated(self._hearing.genres, self._sharpness)

    def _judge(self, observation: Observation, elapsed_seconds: float) -> _Finding:
        if observation.level is not None and observation.level.silent:
            return self._silence(observation.level, elapsed_seconds)
        self._fresh_seconds += observation.evidence_seconds if observation.scores is not None else 0.0
        if self._kind.value is None and self._fresh_seconds < _FIRST_SECONDS:
            return _Finding("unknown", None, None, None, observation.reason or "filling")
        if observation.scores is None:
            return self._carried(observation.reason)
        return self._heard(observation.evidence_seconds)

    def _silence(self, level: Level, elapsed_seconds: float) -> _Finding:
        self._begin_anew()
        reason = "digital zero" if level.digital_zero else None
        return _Finding("silence", None, 1.0, elapsed_seconds, reason, lead_seconds=_SILENCE_SECONDS)

    def _carried(self, reason: str | None) -> _Finding:
        """Keep what was believed for as long as the fading belief supports it."""
        kind, genre = self._kind.value, self._genre.value
        kinds, genres = self._hearing.kinds, self._genres
        if kind is None or kinds[kind] < _LEAST_CARRIED:
            self._begin_anew()
            return _Finding("unknown", None, None, None, reason)
        if self._kinds[kind] != MUSIC:
            return _Finding(cast("Status", self._kinds[kind]), None, float(kinds[kind]), None, reason)
        if genre is None or genre == _NO_LABEL or genres[genre] < self._settings.min_confidence:
            self._genre.clear()
            return _Finding("unknown", None, None, None, reason)
        return _Finding("music", self._labels[genre], float(genres[genre]), None, reason)

    def _heard(self, evidence_seconds: float) -> _Finding:
        kinds = self._hearing.kinds
        leader = _leader(kinds, self._kind.value)
        kind = self._kind.challenge(leader, evidence_seconds)
        support_seconds = evidence_seconds if kind == leader else 0.0
        if self._kinds[kind] == MUSIC:
            return self._music(support_seconds)
        self._genre.clear()
        return _Finding(cast("Status", self._kinds[kind]), None, float(kinds[kind]), support_seconds)

    def _music(self, evidence_seconds: float) -> _Finding:
        genres = self._genres
        held = self._genre.value
        if held is not None and held != _NO_LABEL and genres[held] < self._settings.min_confidence:
            self._genre.clear()
        leader = _leader(genres, self._genre.value)
        if genres[leader] < self._settings.min_confidence:
            leader = _NO_LABEL
        genre = self._genre.challenge(leader, evidence_seconds)
        support_seconds = evidence_seconds if genre == leader else 0.0
        if genre == _NO_LABEL:
            return self._unlabelled(evidence_seconds, support_seconds)
        self._unlabelled_seconds = 0.0
        return _Finding("music", self._labels[genre], float(genres[genre]), support_seconds)

    def _unlabelled(self, evidence_seconds: float, support_seconds: float) -> _Finding:
        """Say music without a genre while one may still win; after two windows of it, that no label fits."""
        self._unlabelled_seconds += evidence_seconds
        if self._unlabelled_seconds < _UNDECIDED_SECONDS:
            music = float(self._hearing.kinds[self._kinds.index(MUSIC)])
            return _Finding("music", None, music, support_seconds, "undecided")
        return _Finding("unknown", None, 1.0 - float(self._genres.max()), support_seconds, "no label fits")

    def _publish(self, found: _Finding, *, classified: bool) -> Belief:
        if (found.status, found.genre) != self._current:
            self._current = (found.status, found.genre)
            self._since_seconds, self._held_seconds = self._now_seconds, found.lead_seconds
        elif found.support_seconds is not None:
            self._held_seconds += found.support_seconds
        believed = found.support_seconds is not None or found.confidence is not None
        stable = believed and self._held_seconds >= self._settings.hold_seconds - _ROUNDING_SECONDS
        tags = self._hearing.tags
        return Belief(
            status=found.status,
            genre=found.genre,
            confidence=found.confidence,
            stability="stable" if stable else "provisional",
            since_seconds=self._since_seconds,
            top=ranked(self._labels, self._genres) if classified else (),
            tags=ranked(self._tag_labels, tags, TAGS_SHOWN) if classified and tags is not None else (),
            reason=found.reason,
        )

    def forget(self) -> None:
        """Believe nothing of what was heard so far; time goes on."""
        self._forget()

    def _forget(self) -> None:
        self._hearing.reset()
        self._genres = self._weigh_genres()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._kind.clear()
        self._genre.clear()
        self._fresh_seconds = 0.0
        self._unlabelled_seconds = 0.0


def _leader(belief: np.ndarray, held: int | None) -> int:
    """Return the best index; what is held wins a tie."""
    best = int(np.argmax(belief))
    return held if held is not None and held >= 0 and belief[held] >= belief[best] else best
