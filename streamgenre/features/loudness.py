"""One slow causal gain a frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streamgenre.features.kernels.loudness import GainLaw, fill_gains
from streamgenre.messages import Float32
from streamgenre.settings import LoudnessSettings


class Loudness:
    """Steers the exponentially forgetting mean of audible frames' power towards the target level.

    Frames below the gate change nothing: the gain waits through a silence. Until the first
    audible frame it is 1.
    """

    def __init__(self, settings: LoudnessSettings, frames_per_second: float) -> None:
        law = GainLaw(
            gate=_power(settings.gate_dbfs),
            memory=math.exp(-1 / (settings.time_constant_seconds * frames_per_second)),
            target=_power(settings.target_dbfs),
            least=_power(settings.min_gain_db),
            greatest=_power(settings.max_gain_db),
        )
        self._law = tuple(law)
        self._state = np.empty(2)
        self.reset()

    @property
    def gain(self) -> float:
        """Linear power gain in force."""
        return self._gain

    def process(self, mean_squares: NDArray[np.float64]) -> Float32:
        """Mean square of each frame, (n,) → linear power gain of each frame, (n,) float32."""
        gains = np.empty(len(mean_squares), np.float32)
        if len(gains):
            fill_gains(mean_squares, self._law, self._state, gains)
            self._gain = float(gains[-1])
        return gains

    def reset(self) -> None:
        """Forget the level: at the start, and after a gap."""
        self._state[:] = 0.0
        self._gain = 1.0


def _power(decibels: float) -> float:
    return 10 ** (decibels / 10)
