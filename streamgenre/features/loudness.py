"""One slow causal gain a frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Float32
from streamgenre.settings import LoudnessSettings


class Loudness:
    """Steers the exponentially forgetting mean of audible frames' power towards the target level.

    Frames below the gate change nothing: the gain waits through a silence. Until the first
    audible frame it is 1.
    """

    def __init__(self, settings: LoudnessSettings, frames_per_second: float) -> None:
        self._settings = settings
        self._memory = math.exp(-1 / (settings.time_constant_seconds * frames_per_second))
        self._target_power = _power(settings.target_dbfs)
        self._gate_power = _power(settings.gate_dbfs)
        self._least, self._greatest = _power(settings.min_gain_db), _power(settings.max_gain_db)
        self.reset()

    @property
    def gain(self) -> float:
        """Linear power gain in force."""
        if self._weight == 0:
            return 1.0
        level = self._power_sum / self._weight
        return min(max(self._target_power / level, self._least), self._greatest)

    def process(self, mean_squares: NDArray[np.floating]) -> Float32:
        """Mean square of each frame, (n,) → linear power gain of each frame, (n,) float32."""
        return np.array([self._gain_after(float(ms)) for ms in mean_squares], np.float32)

    def reset(self) -> None:
        """Forget the level: at the start, and after a gap."""
        self._power_sum = 0.0
        self._weight = 0.0

    def _gain_after(self, mean_square: float) -> float:
        if mean_square >= self._gate_power:
            self._power_sum = self._memory * self._power_sum + mean_square
            self._weight = self._memory * self._weight + 1
        return self.gain


def _power(decibels: float) -> float:
    return 10 ** (decibels / 10)
