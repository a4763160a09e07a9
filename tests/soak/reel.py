"""What the stations of a soak play: the built-in programme, and sounds like speech, over and over."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from streamgenre.capture.demonstration.programme import PROGRAMME, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from tests.support.sounds import Float32, hiss, silence

Float64 = NDArray[np.float64]

SPEECH_SECONDS = 12.0
DEAD_AIR_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Reel:
    """A loop of sound at one rate."""

    samples: Float32
    """(samples, channels) float32."""
    titles: tuple[tuple[int, str], ...]
    """First sample and title of each item, in order."""

    def at(self, first: int, count: int) -> Float32:
        """Return so many samples from an absolute index on; never a view."""
        where = np.arange(first, first + count) % len(self.samples)
        return self.samples[where]

    def title_at(self, sample: int) -> str:
        within = sample % len(self.samples)
        return next(title for first, title in reversed(self.titles) if first <= within)


def record(rate_hz: int, channels: int) -> Reel:
    """Record every item in turn."""
    titles: list[tuple[int, str]] = []
    heard: list[Float32] = []
    at = 0
    for title, sound in _pieces():
        resampled = np.asarray(soxr.resample(sound, RATE_HZ, rate_hz), np.float32)
        titles.append((at, title))
        heard.append(resampled.mean(axis=1, keepdims=True) if channels == 1 else resampled)
        at += len(resampled)
    return Reel(np.ascontiguousarray(np.concatenate(heard), np.float32), tuple(titles))


def speech_like(seconds: float, seed: int = 0) -> Float32:
    """(samples, 1) float32 at the programme's rate: a buzz through wandering formants, in syllables."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = np.cumsum(_wandering(rng, time, 0.3, 95, 160)) / RATE_HZ
    sound = np.zeros_like(time)
    for number in range(1, 25):
        sound += _wandering(rng, time, 0.2, 0, 1) / number * np.sin(2 * np.pi * number * phase)
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * time + 2 * np.sin(time)), 0, None)
    pauses = np.sin(2 * np.pi * 0.35 * time) > -0.7
    voiced = sound * syllables * pauses
    return (0.1 * voiced / np.sqrt(np.mean(voiced**2))).astype(np.float32)[:, None]


def _wandering(
    rng: np.random.Generator, time: Float64, pace_seconds: float, least: float, most: float
) -> Float64:
    knots = np.arange(0, time[-1] + 2 * pace_seconds, pace_seconds)
    return np.interp(time, knots, rng.uniform(least, most, len(knots)))


@functools.cache
def _pieces() -> list[tuple[str, Float32]]:
    """Return title and sound of every item, (samples, 2) at the programme's rate."""
    pieces = [(item.title, render(item)) for item in PROGRAMME]
    speech = _stereo(speech_like(SPEECH_SECONDS))
    return [
        *pieces,
        ("News", speech),
        ("Off", silence(DEAD_AIR_SECONDS, RATE_HZ, 2)),
        ("Rain", _stereo(hiss(8.0, RATE_HZ))),
        pieces[0],
    ]


def _stereo(sound: Float32) -> Float32:
    return np.repeat(sound, 2, axis=1)
