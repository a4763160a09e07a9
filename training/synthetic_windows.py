"""Windows made up for golden vectors: nobody's recording is in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEPS_PER_UNIT = 64


def synthetic_windows(frames: int, bands: int) -> NDArray[np.float32]:
    """Give (4, frames, bands) float32, 0 to 6: silence, gliding tones, noise with clicks, beats.

    Values are rounded to 1/64, so that they compress well and are exact in any format.
    """
    generator = np.random.default_rng(20261121)
    time, band = np.arange(frames)[:, None], np.arange(bands)[None, :]
    windows = np.stack(
        [
            np.zeros((frames, bands)),
            _tones(time, band, bands),
            _noise_and_clicks(generator, time, band),
            _beats(generator, time, band),
        ]
    )
    return (np.round(np.clip(windows, 0, 6) * _STEPS_PER_UNIT) / _STEPS_PER_UNIT).astype(np.float32)


def _tones(time: NDArray[np.int64], band: NDArray[np.int64], bands: int) -> NDArray[np.float64]:
    ridges = [(0.2, 0.0), (0.35, 0.1), (0.6, -0.15)]
    centres = [bands * (start + slope * np.sin(time / 40)) for start, slope in ridges]
    return sum((4.5 * np.exp(-(((band - centre) / 1.5) ** 2)) for centre in centres), np.zeros(1))


def _noise_and_clicks(
    generator: np.random.Generator, time: NDArray[np.int64], band: NDArray[np.int64]
) -> NDArray[np.float64]:
    noise = generator.gamma(2.0, 0.4, (len(time), band.shape[1]))
    return noise + np.where(time % 47 == 5, 3.0, 0.0)


def _beats(
    generator: np.random.Generator, time: NDArray[np.int64], band: NDArray[np.int64]
) -> NDArray[np.float64]:
    kick = 5.0 * np.exp(-(time % 31) / 6) * np.exp(-band / 8)
    hat = 2.5 * np.exp(-((time + 15) % 15) / 3) * (band > 60)
    chord = 2.0 * np.exp(-(((band % 17) - 8) ** 2) / 4) * (np.sin(time / 60) > 0)
    return kick + hat + chord + generator.gamma(1.0, 0.2, (len(time), band.shape[1]))
