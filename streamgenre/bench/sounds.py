"""What is measured is measured on: our own programme, noise, and a spectrum that falls steeply."""

from __future__ import annotations

import functools

import numpy as np

from streamgenre.capture.demonstration.programme import PROGRAMME, render
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.features.downmix import to_mono
from streamgenre.features.resampler import Resampler
from streamgenre.messages import Float32

_NOISE_LEVEL = 0.1


def music(seconds: float, rate_hz: int) -> Float32:
    """(samples,) float32: a piece of the built-in programme, over and over."""
    return np.resize(_piece(rate_hz), round(seconds * rate_hz))


def music_in_stereo(seconds: float) -> Float32:
    """(samples, 2) float32 at the programme's own rate, RATE_HZ."""
    sound = _rendered()
    return np.resize(sound, (round(seconds * RATE_HZ), 2))


def noise(seconds: float, rate_hz: int, *, falling_from_hz: float | None = None) -> Float32:
    """(samples,) float32: white, or falling by 24 dB an octave; the same on every run."""
    samples = np.random.default_rng(0).standard_normal(round(seconds * rate_hz))
    if falling_from_hz is not None:
        hertz = np.fft.rfftfreq(len(samples), 1 / rate_hz)
        samples = np.fft.irfft(np.fft.rfft(samples) / (1 + (hertz / falling_from_hz) ** 4), len(samples))
        samples /= samples.std()
    return (_NOISE_LEVEL * samples).astype(np.float32)


@functools.cache
def _piece(rate_hz: int) -> Float32:
    resampler = Resampler(RATE_HZ, rate_hz)
    return np.concatenate((resampler.process(to_mono(_rendered())), resampler.flush()))


@functools.cache
def _rendered() -> Float32:
    return render(PROGRAMME[0])
