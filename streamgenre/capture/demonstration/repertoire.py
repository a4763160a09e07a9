"""The pieces of the built-in broadcast: our own, written for the instruments of `synthesis`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from streamgenre.capture.demonstration.synthesis import (
    Mix,
    Sound,
    electric_piano,
    filtered,
    hat,
    hiss,
    kick,
    pluck,
    released,
    ride,
    saw,
    seconds_axis,
    snare,
)

Piece = Callable[[Generator, float], Mix]

ARPEGGIO = (0, 2, 1, 3, 2, 1, 3, 1)


def club(rng: Generator, seconds: float) -> Mix:
    """Play four on the floor at 126: kick, clap, hats, an off-beat bass and wide saw chords that duck."""
    beat = 60.0 / 126
    beats = np.arange(0.0, seconds, beat)
    chords = ((57, 60, 64, 67), (53, 57, 60, 64), (48, 55, 60, 64), (55, 59, 62, 67))
    drums, music, pad = Mix(seconds), Mix(seconds), Mix(seconds)
    boom, clap = kick(), filtered(snare(rng, snap=1.4), 700.0)
    closed, opened = hat(rng), hat(rng, ring_seconds=0.11)
    for number, at in enumerate(beats):
        drums.add(boom, at, 0.95)
        if number % 2:
            drums.add(clap, at + 0.004, 0.5, pan=-0.1)
        drums.add(opened, at + beat / 2, 0.33, pan=0.2)
        for quarter in range(4):
            drums.add(closed, at + quarter * beat / 4, rng.uniform(0.12, 0.22), pan=-0.25)
        chord = chords[number // 4 % 4]
        _club_bass(music, chord[0] - 24 + (12 if chord[0] < 52 else 0), at, beat)
        _club_arpeggio(music, chord, at, beat, number)
    for bar, at in enumerate(beats[::4]):
        _wide_chord(rng, pad, chords[bar % 4], at, 4 * beat)
    music.channels += [filtered(voices, 180.0, 2600.0, order=1) for voices in pad.channels]
    music.duck(beats, depth=0.75, seconds=0.11).in_room(rng, seconds=1.4, wet=0.25)
    drums.channels += music.channels
    return drums


def _club_bass(music: Mix, key: float, at: float, beat: float) -> None:
    for half in (0.5, 0.75):
        music.add(_club_bass_tone(key, beat * 0.24), at + half * beat, 0.32)


@lru_cache(maxsize=16)
def _club_bass_tone(key: float, seconds: float) -> Sound:
    tone = filtered(saw(key, seconds) + saw(key, seconds, detune_cents=8), high_hz=420.0)
    return released(tone, 0.02)


def _club_arpeggio(music: Mix, chord: tuple[int, ...], at: float, beat: float, number: int) -> None:
    for quarter in range(4):
        tone = _club_blip(chord[ARPEGGIO[(4 * number + quarter) % 8]] + 24)
        for echo in range(3):
            side = 0.7 if (quarter + echo) % 2 else -0.7
            music.add(tone, at + (quarter / 4 + 0.75 * echo) * beat, 0.07 * 0.45**echo, pan=side)


@lru_cache(maxsize=32)
def _club_blip(key: float) -> Sound:
    return saw(key, 0.16) * np.exp(-seconds_axis(0.16) / 0.04)


def _wide_chord(rng: Generator, pad: Mix, chord: tuple[int, ...], at: float, seconds: float) -> None:
    for side in (-0.8, 0.8):
        for key in chord:
            for cents in rng.uniform(-11, 11, 2):
                voice = saw(key, seconds, detune_cents=cents, phase=rng.uniform())
                pad.add(released(voice, 0.03), at, 0.045, pan=side)


def fingerpicked(rng: Generator, seconds: float) -> Mix:
    """Pick two steel-string guitars in six-eight: one picks chords over a walking thumb, one sings above."""
    eighth = 0.21
    chords = ((43, 55, 59, 62), (40, 55, 59, 64), (48, 55, 60, 64), (50, 57, 62, 66))
    melody = (
        74, None, 71, 67, 69, 71, 76, None, 74, 71, None, 67,
        72, 71, 72, 76, None, 74, 69, None, 74, 78, 76, 74,
    )  # fmt: skip
    mix = Mix(seconds)
    for step in range(int(seconds / eighth)):
        chord = chords[step // 6 % 4]
        at = step * eighth + rng.normal(0.0, 0.006)
        force = 1.0 if step % 6 == 0 else 0.75
        if step % 3 == 0:
            bass = chord[0] + (7 if step % 6 else 0)
            mix.add(pluck(rng, bass, 1.5, softness=4, keep=0.997), at, 0.55 * force, pan=-0.15)
        inner = chord[1 + (0, 1, 2, 1, 2, 1)[step % 6]]
        mix.add(pluck(rng, inner, 1.4), at + 0.004, rng.uniform(0.3, 0.42), pan=-0.4)
        tune = melody[step % len(melody)]
        if tune is not None and step >= 6:
            mix.add(pluck(rng, tune, 1.3, softness=3, keep=0.997), at + 0.01, 0.42, pan=0.4)
    return mix.in_room(rng, seconds=1.9, wet=0.45).on_tape(rng, high_hz=2200.0)


def shuffle(rng: Generator, seconds: float) -> Mix:
    """Play a blues shuffle in A at 118: drums, boogie bass and overdriven guitars."""
    beat = 60.0 / 118
    long, short = beat * 2 / 3, beat / 3
    roots = (45, 45, 50, 45, 52, 50, 45, 52)
    lick = (69, 72, 74, 75, 76, 79, 76, 74, 72, 69, 67, 69, 72, 74, 72, 69)
    band, amplifier, solo = Mix(seconds), Mix(seconds), Mix(seconds)
    boom, crack = kick(low_hz=56.0, seconds=0.28), snare(rng)
    closed = hat(rng, ring_seconds=0.05)
    for number in range(int(seconds / beat)):
        at = number * beat
        root = roots[number // 4 % 8]
        if number % 2:
            band.add(crack, at + rng.normal(0.004, 0.003), 0.75)
        else:
            band.add(boom, at, 0.75)
        for offset, force in ((0.0, 0.34), (long, 0.22)):
            band.add(closed, at + offset + rng.normal(0, 0.004), force, pan=0.3)
            step = (0, 4, 7, 9)[number % 4]
            band.add(pluck(rng, root - 12 + step, 0.4, softness=5), at + offset, 0.7)
            _power_chord(rng, amplifier, root, number, at + offset, long if offset == 0.0 else short)
        for third in range(2):
            key = lick[(2 * number + third) % 16]
            bent = rng.choice((0.0, 0.0, -0.4))
            solo.add(pluck(rng, key + bent, 0.5, softness=1, keep=0.999), at + third * long, 0.8)
    _overdrive(amplifier, drive=6.0, gain=0.8)
    _overdrive(solo, drive=7.0, gain=0.45)
    band.channels += amplifier.channels + solo.channels
    return band.in_room(rng, seconds=1.0, wet=0.3).on_tape(rng, high_hz=3500.0)


def _power_chord(rng: Generator, amplifier: Mix, root: int, number: int, at: float, seconds: float) -> None:
    upper = 9 if number % 2 else 7
    for key in (root, root + upper, root + 12):
        for side in (-0.7, 0.7):
            string = pluck(rng, key, seconds * 0.95, softness=1, keep=0.9985)
            amplifier.add(string, at + rng.uniform(0, 0.008), 0.5, pan=side)


def _overdrive(mix: Mix, *, drive: float, gain: float) -> None:
    """Clip softly and play it through a cabinet."""
    for channel in mix.channels:
        channel[:] = gain * filtered(np.tanh(drive * channel), 90.0, 4200.0)


def trio(rng: Generator, seconds: float) -> Mix:
    """Swing slowly: electric piano, bass and cymbal in F; the last chord rings."""
    beat = 60.0 / 132
    chords = ((53, 57, 58, 62), (52, 55, 58, 62), (52, 57, 60, 64), (54, 57, 60, 63))
    walks = (43, 46, 50, 47, 48, 52, 55, 49, 41, 45, 48, 45, 50, 54, 57, 44)
    tune = (70, 74, 77, 81, 79, None, 76, 72, None, 74, 72, 69, 67, 69, None, 65)
    mix = Mix(seconds)
    cymbal, chick = ride(rng), hat(rng, ring_seconds=0.025)
    last = int((seconds - 1.2) / beat)
    for number in range(last):
        at = number * beat
        mix.add(cymbal, at, 0.3, pan=0.35)
        if number % 2:
            mix.add(cymbal, at + beat * 2 / 3, 0.2, pan=0.35)
            mix.add(chick, at, 0.3, pan=-0.3)
        bass = pluck(rng, walks[number % 16] - 12, 0.62, softness=7, keep=0.996)
        mix.add(bass, at + rng.normal(0, 0.004), 1.0)
        if number % 4 in {0, 2}:
            _comp(rng, mix, chords[number // 4 % 4], at + (beat * 2 / 3 if number % 4 == 2 else 0.0), 0.5)
        for third in range(2):
            key = tune[(2 * number + third) % 16]
            if key is not None:
                mix.add(electric_piano(key, 0.5, force=1.4), at + third * beat * 2 / 3, 0.2, pan=0.2)
    _comp(rng, mix, (53, 57, 60, 64, 67), last * beat, seconds - last * beat)
    mix.add(pluck(rng, 29, 1.5, softness=7, keep=0.998), last * beat, 1.0)
    mix.add(cymbal, last * beat, 0.4, pan=0.35)
    return mix.in_room(rng, seconds=1.7, wet=0.45).on_tape(rng, high_hz=2200.0)


def _comp(rng: Generator, mix: Mix, chord: tuple[int, ...], at: float, seconds: float) -> None:
    for key in chord:
        mix.add(electric_piano(key, seconds), at + rng.uniform(0, 0.01), 0.13, pan=-0.25)


def detuned(rng: Generator, seconds: float) -> Mix:
    """Play the hiss between two stations."""
    mix = Mix(seconds)
    for side in (-1.0, 1.0):
        mix.add(filtered(hiss(rng, seconds, tilt_db_per_octave=-2.0), 60.0, 12_000.0), 0.0, 0.3, pan=side)
    return mix
