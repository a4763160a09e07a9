"""A small model for tests of everything around a model: it answers from the features alone."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import Float32, ModelIdentity, Scores, Window
from streamgenre.settings import CalibrationSettings, FrontEndSettings, LogMelSettings

FRONT_END = FrontEndSettings(
    LogMelSettings(
        sample_rate_hz=8000, n_fft=256, hop_samples=128, n_mels=24, fmax_hz=4000.0, compression="log10_10k"
    ),
    window_frames=187,
)


class FakeModel:
    """`low`, `middle` or `high`, by where the mel energy lies; always sure it is music."""

    labels = ("low", "middle", "high")
    gate_labels = ("music", "speech", "noise")
    tag_labels = ("bright",)
    front_end = FRONT_END
    calibration = CalibrationSettings()
    identity = ModelIdentity("fake", "0" * 64)

    def __init__(self) -> None:
        self.windows: list[Float32] = []

    def stream(self) -> FakeScorer:
        return FakeScorer(self.windows)


class FakeScorer:
    """Scores the windows of one source, and keeps them."""

    def __init__(self, windows: list[Float32]) -> None:
        self._windows = windows

    def process(self, window: Window) -> Scores:
        self._windows.append(window.features)
        bands = window.features.astype(np.float64).mean(axis=0).reshape(3, -1).sum(axis=1) + 1e-3
        genre = bands**4 / (bands**4).sum()
        return Scores(genre, np.array([0.98, 0.01, 0.01]), genre[2:])

    def reset(self) -> None:
        pass
