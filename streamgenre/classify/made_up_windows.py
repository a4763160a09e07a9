"""Windows that no sound made, within what a front end gives: enough to see whether a model answers."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import Float32
from streamgenre.settings import FrontEndSettings, HandmadeSettings, LogMelSettings

_LOG_MEL_RANGES = {"db": (-80.0, 0.0), "log10_10k": (0.0, 5.0), "power": (0.0, 1.0)}
_LOG_SPECTROGRAM_RANGE = (-20.0, 15.0)
_HANDMADE_RANGE = (0.0, 1.0)


def made_up_windows(front_end: FrontEndSettings, count: int, seed: int = 4) -> Float32:
    """Give the same windows each time: (count, frames, bands) float32, uniform over the usual range."""
    low, high = _range(front_end)
    shape = (count, front_end.window_frames, front_end.frames.bands)
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def _range(front_end: FrontEndSettings) -> tuple[float, float]:
    if isinstance(front_end.frames, LogMelSettings):
        return _LOG_MEL_RANGES[front_end.frames.compression]
    return _HANDMADE_RANGE if isinstance(front_end.frames, HandmadeSettings) else _LOG_SPECTROGRAM_RANGE
