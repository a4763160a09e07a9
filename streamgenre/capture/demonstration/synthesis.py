"""Instruments and a mixing desk, in NumPy: what the built-in broadcast is played on.

Sounds are (samples,) float64 at RATE_HZ, around full scale 1.0; the seeded generator makes them repeatable.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE_HZ = 44_100


def pitch_hz(key: float) -> float:
    """Frequency of a MIDI key; 69 is the A of 440 Hz."""
    return 440.0 * 2.0 ** ((key - 69.0) / 12.0)


def seconds_axis(seconds: float) -> Sound:
    return np.arange(int(seconds * RATE_HZ)) / RATE_HZ


def filtered(sound: Sound, low_hz: float = 0.0, high_hz: float = np.inf, order: int = 2) -> Sound:
    """Pass a band, with gentle flanks and no shift in time."""
    length = _quick_length(len(sound))
    hertz = np.fft.rfftfreq(length, 1.0 / RATE_HZ)
    gain = 1.0 / (1.0 + (hertz / high_hz) ** (2 * order))
    if low_hz > 0.0:
        gain *= 1.0 - 1.0 / (1.0 + (hertz / low_hz) ** (2 * order))
    return np.fft.irfft(np.fft.rfft(sound, length) * gain, length)[: len(sound)]


def _quick_length(samples: int) -> int:
    """Round a length up to one whose Fourier transform is quick."""
    return min(odd << max(1, -(-samples // odd) - 1).bit_length() for odd in (1, 3, 5, 9, 15))


def hiss(rng: Generator, seconds: float, *, tilt_db_per_octave: float = 0.0) -> Sound:
    """Noise of even power, or falling by some decibels an octave: −3 is pink."""
    length = _quick_length(int(seconds * RATE_HZ))
    spectrum = np.fft.rfft(rng.standard_normal(length))
    octaves = np.log2(np.maximum(np.arange(len(spectrum)), 1.0) * RATE_HZ / length / 1000.0)
    noise = np.fft.irfft(spectrum * 10.0 ** (tilt_db_per_octave * np.maximum(octaves, -6.0) / 20.0), length)
    return noise[: int(seconds * RATE_HZ)]


def kick(*, low_hz: float = 48.0, seconds: float = 0.34) -> Sound:
    """Strike a bass drum: a sine that falls in pitch, with the click of the beater."""
    t = seconds_axis(seconds)
    phase = 2 * np.pi * (low_hz * t + 150.0 * 0.028 * (1.0 - np.exp(-t / 0.028)))
    return np.tanh(1.6 * np.sin(phase) * np.exp(-t / 0.13)) + 0.25 * np.exp(-t / 0.002) * np.sin(9000.0 * t)


def snare(rng: Generator, *, tone_hz: float = 185.0, snap: float = 0.9) -> Sound:
    """Two modes of the skin under the rattle of the wires."""
    t = seconds_axis(0.3)
    skin = np.sin(2 * np.pi * tone_hz * t) + 0.6 * np.sin(2 * np.pi * 1.59 * tone_hz * t)
    wires = filtered(rng.standard_normal(len(t)), 900.0, 11_000.0)
    return 0.55 * skin * np.exp(-t / 0.06) + snap * 0.5 * wires * np.exp(-t / 0.085)


def hat(rng: Generator, *, ring_seconds: float = 0.035) -> Sound:
    """Strike a closed hi-hat, or an open one when it rings."""
    t = seconds_axis(min(0.5, 8 * ring_seconds))
    return 0.5 * filtered(rng.standard_normal(len(t)), 6500.0) * np.exp(-t / ring_seconds)


def ride(rng: Generator) -> Sound:
    """Tip a cymbal with the stick: close partials in a wash of noise."""
    t = seconds_axis(0.9)
    partials_hz = rng.uniform(2500.0, 9500.0, 14)[:, None]
    ping = np.sin(2 * np.pi * partials_hz * t + rng.uniform(0, 6.28, (14, 1))).sum(axis=0) / 14
    wash = filtered(rng.standard_normal(len(t)), 5000.0)
    return ping * np.exp(-t / 0.25) + 0.18 * wash * np.exp(-t / 0.16)


def saw(key: float, seconds: float, *, detune_cents: float = 0.0, phase: float = 0.0) -> Sound:
    turns = pitch_hz(key + detune_cents / 100.0) * seconds_axis(seconds) + phase
    return 2.0 * (turns - np.floor(turns)) - 1.0


def pluck(rng: Generator, key: float, seconds: float, *, softness: int = 2, keep: float = 0.996) -> Sound:
    """Pluck a string (Karplus & Strong, Computer Music Journal 7(2), 1983), tuned exactly by resampling.

    `softness` is how often the burst is smoothed; `keep` is what survives of each period.
    """
    hertz = pitch_hz(key)
    period = max(2, round(RATE_HZ / hertz - 0.5))
    wave = rng.uniform(-1.0, 1.0, period)
    wave -= np.roll(wave, period // 5)
    for _ in range(softness):
        wave = 0.5 * (wave + np.roll(wave, 1))
    turns = np.empty((int(seconds * hertz) + 3, period))
    turns[0] = wave / (np.abs(wave).max() + 1e-9)
    for before, after in pairwise(turns):
        np.add(before[1:], before[:-1], out=after[1:])
        after[0] = before[0] + before[-1]
        np.multiply(after, 0.5 * keep, out=after)
    at = np.arange(int(seconds * RATE_HZ)) * (hertz * (period + 0.5) / RATE_HZ)
    return released(np.interp(at, np.arange(turns.size), turns.ravel()), 0.03)


def electric_piano(key: float, seconds: float, *, force: float = 1.0) -> Sound:
    """Strike a tine by frequency modulation (Chowning, JAES 21(7), 1973)."""
    hertz, t = pitch_hz(key), seconds_axis(seconds)
    body = np.sin(2 * np.pi * hertz * t + 1.3 * force * np.exp(-t / 0.45) * np.sin(2 * np.pi * hertz * t))
    bell = np.sin(
        2 * np.pi * hertz * t + 0.8 * force * np.exp(-t / 0.09) * np.sin(2 * np.pi * 14 * hertz * t)
    )
    return released((0.7 * body + 0.3 * bell) * np.exp(-t / 0.9) * np.minimum(1.0, t / 0.003), 0.08)


def released(sound: Sound, seconds: float) -> Sound:
    """Let a sound end without a click."""
    count = min(len(sound), int(seconds * RATE_HZ))
    sound[len(sound) - count :] *= np.linspace(1.0, 0.0, count)
    return sound


class Mix:
    """Two channels into which sounds are put at their times."""

    def __init__(self, seconds: float) -> None:
        self.channels: Sound = np.zeros((2, round(seconds * RATE_HZ)))
        """(2, samples), left and right."""

    def add(self, sound: Sound, at_seconds: float, gain: float = 1.0, pan: float = 0.0) -> None:
        """Put a sound in; `pan` −1 is left, +1 right, at equal power. What does not fit is cut."""
        start = max(0, round(at_seconds * RATE_HZ))
        part = sound[: max(0, self.channels.shape[1] - start)]
        angle = (pan + 1.0) * np.pi / 4
        self.channels[0, start : start + len(part)] += gain * np.sqrt(2) * np.cos(angle) * part
        self.channels[1, start : start + len(part)] += gain * np.sqrt(2) * np.sin(angle) * part

    def in_room(self, rng: Generator, *, seconds: float, wet: float) -> Mix:
        """Add a room: noise that dies away, duller as it does, different in each ear."""
        echo = seconds_axis(seconds)
        length = _quick_length(self.channels.shape[1] + len(echo))
        for dry in self.channels:
            tail = rng.standard_normal(len(echo)) * np.exp(-6.9 * echo / seconds) * (echo > 0.012)
            tail = filtered(tail, 250.0, 5000.0, order=1)
            spectrum = np.fft.rfft(dry, length) * np.fft.rfft(tail / np.sqrt(np.sum(tail**2)), length)
            dry[:] += wet * np.fft.irfft(spectrum, length)[: len(dry)]
        return self

    def on_tape(self, rng: Generator, *, high_hz: float, hiss_db: float = -46.0) -> Mix:
        """Record as an old machine would: the top rolled off, a soft hiss below the music."""
        seconds = self.channels.shape[1] / RATE_HZ
        for dry in self.channels:
            dry[:] = filtered(dry, high_hz=high_hz, order=1)
            noise = hiss(rng, seconds, tilt_db_per_octave=-3.0)
            noise *= 10.0 ** (hiss_db / 20.0) * np.sqrt(np.mean(dry**2) / np.mean(noise**2))
            dry[: len(noise)] += noise
        return self

    def duck(self, beats: Sound, *, depth: float, seconds: float) -> Mix:
        """Turn down at each beat and swell back: the pump of a side-chain."""
        t = np.arange(self.channels.shape[1]) / RATE_HZ
        since = t - beats[np.maximum(np.searchsorted(beats, t, side="right") - 1, 0)]
        self.channels *= 1.0 - depth * np.exp(-np.maximum(since, 0.0) / seconds)
        return self
