"""A source as a model hears it, kept so that many judges and smoothers can be asked about one hearing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from streamgenre.decide.decider import Decider
from streamgenre.decide.verdict import file_verdict
from streamgenre.features.window_feed import WindowFeed
from streamgenre.messages import AudioBlock, AudioFormat, Belief, Moment, Observation, Verdict, Window
from streamgenre.settings import (
    CalibrationSettings,
    DecideSettings,
    FrontEndSettings,
    SmootherSettings,
)
from training.judges import Judge, WindowListener

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """All moments of one source at one hop, and what the networks made of their windows."""

    moments: Sequence[Moment]
    """Their windows without values."""
    features: Float32
    """(windows, features), one row a moment that has a window."""

    def observations(self, judge: Judge) -> list[Observation]:
        """What the decider is told, as SourcePipeline tells it."""
        scores = iter(judge.scores(self.features) if len(self.features) else ())
        return [
            Observation(
                moment.audio_seconds,
                moment.level,
                next(scores) if moment.window else None,
                moment.evidence_seconds,
                moment.reason,
            )
            for moment in self.moments
        ]

    @property
    def short(self) -> bool:
        """Whether it ended as a tiled window."""
        return any(moment.window is not None and moment.window.short for moment in self.moments)


@dataclass(frozen=True, slots=True)
class Deciding:
    """All that turns scores into beliefs."""

    labels: tuple[str, ...]
    settings: DecideSettings = DecideSettings()
    smoother: SmootherSettings = field(default_factory=SmootherSettings)
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    window_seconds: float = 3.0

    def follow(self, observations: Sequence[Observation]) -> list[Belief]:
        """Decide a source from its start."""
        decider = Decider(
            self.labels,
            self.settings,
            window_seconds=self.window_seconds,
            smoothing=self.smoother,
            sharpness=self.calibration.of(self.settings.smoothing),
        )
        return [decider.process(observation) for observation in observations]

    def verdict(self, observations: Sequence[Observation]) -> Verdict:
        """Decide a whole file."""
        return file_verdict(observations, self.labels, self.settings, sharpness=self.calibration.verdict)


class RememberingListener:
    """Answers for windows it has met without asking again: hops meet at their common multiples."""

    def __init__(self, listener: WindowListener) -> None:
        self._listener = listener
        self._known: dict[bytes, Float32] = {}

    @property
    def front_end(self) -> FrontEndSettings:
        return self._listener.front_end

    def features(self, window: Window) -> Float32:
        key = hashlib.blake2b(window.features.tobytes(), digest_size=16).digest()
        if key not in self._known:
            self._known[key] = self._listener.features(window)
        return self._known[key]

    def reset(self) -> None:
        self._listener.reset()


def hear(
    samples: Float32,
    audio_format: AudioFormat,
    listener: WindowListener,
    hop_seconds: float,
) -> Heard:
    """Hear a whole source, as `listen` would; samples: (samples, channels) float32."""
    feed = WindowFeed(audio_format, listener.front_end, hop_seconds, DecideSettings().silence_dbfs)
    listener.reset()
    moments: list[Moment] = []
    features: list[Float32] = []
    for moment in [*feed.process(AudioBlock(samples, 0)), *feed.flush()]:
        if moment.window is not None:
            features.append(listener.features(moment.window))
        moments.append(_without_values(moment))
    return Heard(moments, np.stack(features) if features else np.empty((0, 0), np.float32))


def _without_values(moment: Moment) -> Moment:
    if moment.window is None:
        return moment
    return replace(moment, window=replace(moment.window, features=np.empty((0, 0), np.float32)))
