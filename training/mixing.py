"""Two clips heard at once: speech over music, music over speech. The label is that of the louder one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from training.datasets import Clip

Float32 = NDArray[np.float32]

_SILENT = 1e-6
# There is far more music than speech to learn from.
_OF_MUCH_SECONDS, _OF_LITTLE_SECONDS = 4.2, 30.0


@dataclass(frozen=True, slots=True)
class Mix:
    """A way of adding one kind of sound to another."""

    heard: str
    """Kind the view is made of: music or speech."""
    below: str
    """Kind added to it."""
    decibels_below: tuple[float, float]
    """Least and most that its RMS is lower, over the whole stretch."""
    half: int
    """Which half of the clips is added: 0 to learn from, 1 to test with."""
    seconds: float
    """Longest stretch that is made."""


MIXES = {
    "over_speech": Mix("music", "speech", (8.0, 20.0), 0, _OF_MUCH_SECONDS),
    "over_music": Mix("speech", "music", (5.0, 20.0), 0, _OF_LITTLE_SECONDS),
    "over_speech_10": Mix("music", "speech", (10.0, 10.0), 1, _OF_MUCH_SECONDS),
    "over_music_10": Mix("speech", "music", (10.0, 10.0), 1, _OF_LITTLE_SECONDS),
}
"""Views by name; `NAME*2`, `NAME*3` draw other companions and levels."""


def mix_of(view: str) -> Mix | None:
    """Give the mix a view is, if it is one."""
    return MIXES.get(view.partition("*")[0])


def kind(clip: Clip) -> str:
    """Say speech, noise or music; a clip with a genre is music."""
    return clip.label if clip.label in {"speech", "noise"} else "music"


def companion(clip: Clip, view: str, clips: Sequence[Clip]) -> int | None:
    """Draw which of `clips` is added to this one; None where the view is not made of its kind."""
    mix = mix_of(view)
    if mix is None or kind(clip) != mix.heard:
        return None
    pool = [
        number for number, other in enumerate(clips) if kind(other) == mix.below and _half(other) == mix.half
    ]
    return int(_generator(clip, view).choice(pool)) if pool else None


def mixed(clip: Clip, view: str, samples: Float32, added: Float32, rates_hz: tuple[int, int]) -> Float32:
    """Add a companion below a clip; the same view of the same clip is mixed the same way.

    samples, added: (samples, channels) float32 at the rates given. Returns (samples, 1) float32, a
    stretch of the clip, scaled down where it would clip; nothing where either is silent.
    """
    mix = MIXES[view.partition("*")[0]]
    generator = _generator(clip, f"{view} level")
    decibels = generator.uniform(*mix.decibels_below)
    above = samples.mean(axis=1)
    above = _stretch(above, min(len(above), round(mix.seconds * rates_hz[0])), generator)
    below = soxr.resample(added.mean(axis=1), rates_hz[1], rates_hz[0])
    if not len(below) or min(_rms(above), _rms(below)) < _SILENT:
        return np.empty((0, 1), np.float32)
    below = _stretch(below, len(above), generator)
    total = above + below * (_rms(above) / max(_rms(below), _SILENT) * 10 ** (-decibels / 20))
    return (total / max(1.0, np.abs(total).max())).astype(np.float32)[:, None]


def _stretch(samples: Float32, length: int, generator: np.random.Generator) -> Float32:
    """Take a stretch of this length, from anywhere; what is shorter is repeated."""
    repeated = np.tile(samples, -(-length // len(samples)))
    first = int(generator.integers(0, len(repeated) - length + 1))
    return repeated[first : first + length]


def _half(clip: Clip) -> int:
    """Halve the clips by who made them, so that no artist is in both."""
    return hashlib.sha256((clip.credit.casefold() or clip.key).encode()).digest()[0] % 2


def _generator(clip: Clip, view: str) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(f"{clip.key} {view}".encode()).digest()[:8]))


def _rms(samples: Float32) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
