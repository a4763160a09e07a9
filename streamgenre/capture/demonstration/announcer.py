"""Somebody reads the news in no language: a voice as source and filter, in NumPy.

Harmonics of a gliding pitch are weighted by the resonances of a vocal tract that moves from syllable to
syllable (Fant, Acoustic Theory of Speech Production, 1960; Klatt, JASA 67(3), 1980); consonants are gaps,
bursts and bands of noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from streamgenre.capture.demonstration.synthesis import RATE_HZ, Mix, Sound, filtered, hiss, released

CONTROL_HZ = 200
"""How often the voice is told where to move."""
PITCH_HZ = 118.0
TOP_HZ = 5200.0
"""Harmonics end here."""
WIDTHS_HZ = np.array([70.0, 95.0, 140.0, 220.0])
VOWELS_HZ = np.array(
    [
        (730.0, 1090.0, 2440.0, 3400.0),
        (530.0, 1840.0, 2480.0, 3500.0),
        (280.0, 2250.0, 2900.0, 3600.0),
        (570.0, 840.0, 2410.0, 3300.0),
        (310.0, 870.0, 2240.0, 3300.0),
        (500.0, 1400.0, 2350.0, 3400.0),
    ]
)
"""(vowels, 4) centres of the resonances of a man's voice (Peterson & Barney, JASA 24(2), 1952)."""
HISSES_HZ = ((4500.0, 9500.0, 0.5), (2200.0, 6500.0, 0.45), (1500.0, 9000.0, 0.16))
"""Bands of the fricatives, and how loud each is."""
GLIDE_SECONDS = 0.045
"""In which the tract moves from one vowel to the next."""


@dataclass(slots=True)
class _Tract:
    """What the voice does, sampled at CONTROL_HZ."""

    pitch_hz: Sound
    """(steps,)"""
    voicing: Sound
    """(steps,) from 0 to 1."""
    centres_hz: Sound
    """(steps, 4)"""


def announcer(rng: Generator, seconds: float) -> Mix:
    """Read out two sentences or three, at four to five syllables a second, in a small room."""
    steps = round(seconds * CONTROL_HZ)
    tract = _Tract(np.full(steps, PITCH_HZ), np.zeros(steps), np.tile(VOWELS_HZ[-1], (steps, 1)))
    noise = Mix(seconds)
    at = 0.15
    while at < seconds - 1.0:
        at = _phrase(rng, tract, noise, at, min(seconds - 0.3, at + rng.uniform(1.4, 2.6)))
        at += rng.uniform(0.25, 0.45)
    mix = Mix(seconds)
    mix.add(_voice(rng, tract, round(seconds * RATE_HZ)), 0.0, 0.5)
    mix.channels += noise.channels
    return mix.in_room(rng, seconds=0.35, wet=0.12).on_tape(rng, high_hz=9000.0, hiss_db=-42.0)


def _phrase(rng: Generator, tract: _Tract, noise: Mix, begin: float, end: float) -> float:
    """Speak from one breath to the next, the pitch falling towards its end; return where it ended."""
    at = begin
    while at < end - 0.12:
        length = min(rng.uniform(0.14, 0.27), end - at)
        fallen = 1.0 - 0.22 * (at - begin) / (end - begin)
        stress = rng.choice((1.0, 1.0, 1.16))
        _syllable(rng, tract, noise, at, length, PITCH_HZ * fallen * stress)
        at += length
    return at


def _syllable(rng: Generator, tract: _Tract, noise: Mix, at: float, seconds: float, pitch_hz: float) -> None:
    """Put in a consonant of one kind or another, and a vowel."""
    onset = rng.uniform(0.035, 0.085)
    match rng.choice(("hiss", "burst", "hum", "none"), p=(0.3, 0.35, 0.2, 0.15)):
        case "hiss":
            low_hz, high_hz, loud = HISSES_HZ[rng.integers(len(HISSES_HZ))]
            breath = filtered(hiss(rng, onset + 0.02), low_hz, high_hz)
            noise.add(released(_swelling(breath), 0.02), at, 0.12 * loud)
        case "burst":
            puff = filtered(hiss(rng, 0.018), rng.uniform(600.0, 3500.0), 8000.0)
            noise.add(released(puff, 0.012), at + onset - 0.012, 0.13)
        case "hum":
            _move(tract, at, onset + 0.02, VOWELS_HZ[4] * (0.85, 1.3, 1.0, 1.0), pitch_hz, 0.3)
        case _:
            onset = 0.02
    force = rng.uniform(0.7, 1.0)
    _move(tract, at + onset, seconds - onset, VOWELS_HZ[rng.integers(len(VOWELS_HZ))], pitch_hz, force)


def _swelling(sound: Sound) -> Sound:
    sound *= np.minimum(1.0, np.arange(len(sound)) / (0.015 * RATE_HZ))
    return sound


def _move(tract: _Tract, at: float, seconds: float, centres_hz: Sound, pitch_hz: float, force: float) -> None:
    """Voice a stretch with the tract in one place; the glides come when all is known."""
    span = slice(round(at * CONTROL_HZ), round((at + seconds) * CONTROL_HZ))
    tract.centres_hz[span.start :] = centres_hz
    tract.pitch_hz[span.start :] = pitch_hz
    count = len(tract.voicing[span])
    tract.voicing[span] = force * np.sin(np.pi * (np.arange(count) + 0.5) / max(1, count)) ** 0.5


def _voice(rng: Generator, tract: _Tract, samples: int) -> Sound:
    """Sum the harmonics, each as loud as the tract lets it through: (samples,)."""
    glide = np.hanning(round(2 * GLIDE_SECONDS * CONTROL_HZ) | 1)
    centres_hz = np.stack([_smooth(one, glide) for one in tract.centres_hz.T], axis=1)
    unsteady = 1.0 + 0.012 * _smooth(rng.standard_normal(len(tract.pitch_hz)), glide)
    pitch_hz = _smooth(tract.pitch_hz, glide) * unsteady
    voicing = _smooth(tract.voicing, np.hanning(7))
    told_at, at = np.arange(len(pitch_hz)) / CONTROL_HZ, np.arange(samples) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(np.interp(at, told_at, pitch_hz)) / RATE_HZ
    sound = np.zeros(samples)
    for number in range(1, int(TOP_HZ / PITCH_HZ)):
        loud = voicing * _let_through(number * pitch_hz, centres_hz) / number
        sound += np.interp(at, told_at, loud) * np.sin(number * phase)
    return sound / np.abs(sound).max()


def _smooth(told: Sound, window: Sound) -> Sound:
    """Average over a window, the ends held."""
    half = len(window) // 2
    padded = np.pad(told, half, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), mode="valid"), np.float64)


def _let_through(hertz: Sound, centres_hz: Sound) -> Sound:
    """Gain of resonances in a row, 1 at 0 Hz: `hertz` (steps,), `centres_hz` (steps, 4) → (steps,)."""
    square = np.square(hertz)[:, None]
    centre, breadth = np.square(centres_hz), np.square(WIDTHS_HZ)
    peak: Sound = (centre + breadth / 4) / np.sqrt(
        np.square(square - centre + breadth / 4) + centre * breadth
    )
    return np.multiply.reduce(peak, axis=1)
