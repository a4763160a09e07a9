"""Ways of hearing a clip: as it is, or as a shorter, noisier, duller, quieter one."""

from __future__ import annotations

import hashlib

import numpy as np
import soxr
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

SHORT_SECONDS = (2.0, 3.0)


def make_view(samples: Float32, rate_hz: int, view: str, key: str) -> Float32:
    """Change a clip as `view` says; the same key gives the same change.

    samples: (samples, channels) float32. view: plain; short (a random excerpt of 2 to 3 s); noise (white,
    20 to 35 dB below); dull (content above 3 to 6 kHz removed); gain (±15 dB); joined by +.
    """
    for number, part in enumerate(view.split("+")):
        seed = hashlib.sha256(f"{key} {view} {number}".encode()).digest()
        samples = _VIEWS[part](samples, rate_hz, np.random.default_rng(list(seed[:8])))
    return samples


def _plain(samples: Float32, rate_hz: int, generator: np.random.Generator) -> Float32:
    del rate_hz, generator
    return samples


def _short(samples: Float32, rate_hz: int, generator: np.random.Generator) -> Float32:
    length = round(rate_hz * generator.uniform(*SHORT_SECONDS))
    if length >= len(samples):
        return samples
    first = int(generator.integers(0, len(samples) - length))
    return samples[first : first + length]


def _noise(samples: Float32, rate_hz: int, generator: np.random.Generator) -> Float32:
    del rate_hz
    level = np.sqrt(np.mean(samples.astype(np.float64) ** 2)) * 10 ** (-generator.uniform(20, 35) / 20)
    return (samples + generator.normal(0, level, samples.shape)).astype(np.float32)


def _dull(samples: Float32, rate_hz: int, generator: np.random.Generator) -> Float32:
    narrow_hz = 2 * round(generator.uniform(3000, 6000))
    if narrow_hz >= rate_hz:
        return samples
    return soxr.resample(soxr.resample(samples, rate_hz, narrow_hz), narrow_hz, rate_hz).astype(np.float32)


def _gain(samples: Float32, rate_hz: int, generator: np.random.Generator) -> Float32:
    del rate_hz
    return (samples * 10 ** (generator.uniform(-15, 15) / 20)).astype(np.float32)


_VIEWS = {"plain": _plain, "short": _short, "noise": _noise, "dull": _dull, "gain": _gain}
