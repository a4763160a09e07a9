"""Sounds made for tests: nobody's music, the same on every run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


def tune(seconds: float, rate_hz: int, *, channels: int = 1, seed: int = 0) -> Float32:
    """(samples, channels) float32 near −16 dBFS: plucked notes over a steady beat."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = np.zeros_like(time)
    for beat in range(int(seconds * 4) + 1):
        first = round(beat / 4 * rate_hz)
        since = time[first : first + 3 * rate_hz] - beat / 4
        pitch = 220.0 * 2 ** (rng.integers(0, 12) / 12)
        ring = np.where(since >= 0, np.exp(-6 * np.maximum(since, 0)), 0.0)
        pluck = ring * sum(np.sin(2 * np.pi * pitch * k * since) / k for k in (1, 2, 3))
        sound[first : first + len(since)] += pluck
    sound *= 0.16 / max(1e-9, float(np.sqrt(np.sum(sound**2) / max(1, len(sound)))))
    spread = [np.roll(sound, 7 * channel) for channel in range(channels)]
    return np.clip(np.stack(spread, axis=1), -1, 1).astype(np.float32)


def tone(seconds: float, rate_hz: int, frequency_hz: float, amplitude: float = 0.25) -> Float32:
    """(samples, 1) float32: a sine."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)[:, None]


def silence(seconds: float, rate_hz: int, channels: int = 1) -> Float32:
    """(samples, channels) float32: digital zero."""
    return np.zeros((round(seconds * rate_hz), channels), np.float32)


def hiss(seconds: float, rate_hz: int, amplitude: float = 0.1, seed: int = 0) -> Float32:
    """(samples, 1) float32: white noise."""
    rng = np.random.default_rng(seed)
    return (amplitude * rng.standard_normal((round(seconds * rate_hz), 1))).astype(np.float32)


def as_int16(sound: Float32) -> NDArray[np.int16]:
    """The same as 16-bit samples."""
    return np.round(sound * 32767).astype(np.int16)
