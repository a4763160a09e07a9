"""Programmes spliced from the research clips: music of two genres, speech, noise and silence, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import soxr
from numpy.typing import NDArray

from streamgenre.messages import AudioFormat
from training.clip_windows import decode_clip
from training.datasets import GENRE_SETS, Clip

Float32 = NDArray[np.float32]

RATE_HZ = 48000
"""Of every programme: what the clips decode to."""
MUSIC_SECONDS = (12.0, 30.0)
SPEECH_SECONDS = (10.0, 20.0)
NOISE_SECONDS = (8.0, 16.0)
SILENCE_SECONDS = (5.0, 10.0)
_KINDS = ("music", "speech", "noise")
_LEAST_PIECE_SECONDS = 1.5
_LEAST_GENRE_SECONDS = 20.0
_TENTH = RATE_HZ // 10
_SILENCE_POWER = 1e-6
_HUM_AMPLITUDE = 10 ** (-87 / 20)
_FULL_SCALE = 32768.0

Decode = Callable[[Clip], tuple[Float32, AudioFormat]]


@dataclass(frozen=True, slots=True)
class Item:
    """One stretch of one status and genre."""

    status: str
    genre: str | None
    clips: tuple[Clip, ...]
    """One after another; each splice between them is one within the stretch."""
    end_seconds: float
    """Where it ends, from the start of the programme."""


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Items without a break between them."""

    items: tuple[Item, ...]
    samples: Float32
    """(samples, 1) float32 at RATE_HZ, multiples of 1/32768; the clips' own levels."""

    @property
    def edges(self) -> NDArray[np.float64]:
        """(items + 1,) seconds."""
        return np.array([0.0, *(item.end_seconds for item in self.items)])


class ProgrammeMaker:
    """Makes programmes of the clips given; the same clips and seed give the same samples."""

    def __init__(
        self, clips: Sequence[Clip], least_song_seconds: float = 0.0, decode: Decode = decode_clip
    ) -> None:
        """Leave out music clips shorter than `least_song_seconds`."""
        self._decode = decode
        self._least_song_seconds = least_song_seconds
        self._clips = clips
        self._sounds: dict[str, Float32] = {}

    def make(self, seed: Sequence[int]) -> Programme:
        """Two genres twice or thrice each, with speech, noise and silence between, in an order of chance."""
        generator = np.random.default_rng(seed)
        genres = self._two_genres(generator)
        order = [*genres, *genres, str(generator.choice(genres)), "speech", "speech", "noise", "silence"]
        used: set[str] = set()
        items: list[Item] = []
        sounds: list[Float32] = []
        seconds = 0.0
        for name in _apart(order, generator):
            clips, sound = self._stretch(name, generator, used)
            seconds += len(sound) / RATE_HZ
            status, genre = (name, None) if name in (*_KINDS, "silence") else ("music", name)
            items.append(Item(status, genre, clips, seconds))
            sounds.append(sound)
        return Programme(tuple(items), np.concatenate(sounds)[:, None])

    def _two_genres(self, generator: np.random.Generator) -> list[str]:
        names = sorted({clip.label for clip in self._clips if clip.dataset in GENRE_SETS})
        labels = [name for name in names if self._seconds(name) >= _LEAST_GENRE_SECONDS]
        return [str(label) for label in generator.choice(labels, 2, replace=False)]

    def _seconds(self, name: str) -> float:
        return sum(len(self._sound(clip)) for clip in self._usable(name)) / RATE_HZ

    def _stretch(
        self, name: str, generator: np.random.Generator, used: set[str]
    ) -> tuple[tuple[Clip, ...], Float32]:
        if name == "silence":
            return (), _silence(generator)
        spans = {"speech": SPEECH_SECONDS, "noise": NOISE_SECONDS}
        wanted = round(RATE_HZ * generator.uniform(*spans.get(name, MUSIC_SECONDS)))
        pieces: list[Float32] = []
        clips: list[Clip] = []
        for clip, sound in self._drawn(name, generator, used):
            pieces.append(sound[: wanted - sum(map(len, pieces))])
            clips.append(clip)
            if sum(map(len, pieces)) > wanted - _LEAST_PIECE_SECONDS * RATE_HZ:
                break
        return tuple(clips), np.concatenate(pieces)

    def _drawn(
        self, name: str, generator: np.random.Generator, used: set[str]
    ) -> Iterator[tuple[Clip, Float32]]:
        """Clips of a label without repeats in a programme until all were used, the long ones more often."""
        usable = self._usable(name)
        while usable:
            fresh = [clip for clip in usable if clip.key not in used]
            if not fresh:
                used.difference_update(clip.key for clip in usable)
                continue
            seconds = np.array([len(self._sound(clip)) for clip in fresh], float)
            clip = fresh[int(generator.choice(len(fresh), p=seconds / seconds.sum()))]
            used.add(clip.key)
            yield clip, self._sound(clip)

    def _usable(self, name: str) -> list[Clip]:
        least_seconds = 0.0 if name in _KINDS else self._least_song_seconds
        mine = (clip for clip in self._clips if clip.label == name)
        return [clip for clip in mine if len(self._sound(clip)) > least_seconds * RATE_HZ]

    def _sound(self, clip: Clip) -> Float32:
        if clip.key not in self._sounds:
            samples, audio_format = self._decode(clip)
            rate_hz = audio_format.sample_rate_hz
            mono = samples.mean(axis=1, dtype=np.float32)
            even = mono if rate_hz == RATE_HZ else soxr.resample(mono, rate_hz, RATE_HZ)
            sound = _sixteen_bit(even.astype(np.float32))
            self._sounds[clip.key] = _sounding(sound) if clip.label == "noise" else sound
        return self._sounds[clip.key]


def _apart(names: Sequence[str], generator: np.random.Generator) -> list[str]:
    """Shuffle until no two neighbours are the same."""
    while True:
        order = [names[index] for index in generator.permutation(len(names))]
        if all(one != other for one, other in pairwise(order)):
            return order


def _silence(generator: np.random.Generator) -> Float32:
    """Digital zero or a mains hum at −90 dBFS, by chance."""
    length = round(RATE_HZ * generator.uniform(*SILENCE_SECONDS))
    hum = _HUM_AMPLITUDE * np.sin(2 * np.pi * 50 * np.arange(length) / RATE_HZ)
    return _sixteen_bit((hum * generator.integers(0, 2)).astype(np.float32))


def _sixteen_bit(sound: Float32) -> Float32:
    scaled = np.round(sound * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    return (scaled / _FULL_SCALE).astype(np.float32)


def _sounding(sound: Float32) -> Float32:
    """Cut silence from both ends of a noise; nothing, where what is left is short or silent for a second."""
    tenths = sound[: len(sound) // _TENTH * _TENTH].reshape(-1, _TENTH)
    heard = np.flatnonzero((tenths**2).mean(axis=1) > _SILENCE_POWER)
    if not len(heard) or (len(heard) > 1 and np.diff(heard).max() >= 10):
        return sound[:0]
    first, last = heard[0] * _TENTH, (heard[-1] + 1) * _TENTH
    return sound[first:last] if last - first >= _LEAST_PIECE_SECONDS * RATE_HZ else sound[:0]
