"""Spliced programmes as a model would score them: one noisy process, looked at through 3 s windows.

Every hop looks at the same process. Logits of tenths of a second follow the true label, the bias of the
track, and noise correlated over a second; a window's logits are their mean over its audible part, so
overlapping windows share noise and a window across a splice is a mixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streamgenre.messages import Level, Observation, Scores

LABELS = (
    "blues",
    "classical",
    "country",
    "disco",
    "electronic",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)
KINDS = ("music", "speech", "noise")
CELL_SECONDS = 0.05
WINDOW_SECONDS = 3.0
_WINDOW = round(WINDOW_SECONDS / CELL_SECONDS)
_SECOND = round(1.0 / CELL_SECONDS)
_LEAST_SOUND = _SECOND
_TENTH = 2


@dataclass(frozen=True)
class Stretch:
    seconds: float
    status: str
    genre: str | None = None


@dataclass(frozen=True)
class Difficulty:
    """Logits of the truth, spread of a track's bias, spread and memory of the noise."""

    genre_gain: float = 3.0
    track_bias: float = 0.6
    genre_noise: float = 2.0
    gate_gain: float = 7.0
    gate_noise: float = 2.0
    noise_seconds: float = 1.0


class SplicedProgramme:
    def __init__(self, stretches: list[Stretch], seed: int, difficulty: Difficulty | None = None) -> None:
        self.stretches = stretches
        rng = np.random.default_rng(seed)
        d = difficulty or Difficulty()
        cells = [round(s.seconds / CELL_SECONDS) for s in stretches]
        self.edges = np.cumsum([0, *cells]) * CELL_SECONDS
        self._owner = np.repeat(np.arange(len(stretches)), cells)
        audible = np.array([s.status != "silence" for s in stretches])[self._owner]
        genre = _noise(rng, len(self._owner), len(LABELS), d.genre_noise, d.noise_seconds)
        gate = _noise(rng, len(self._owner), len(KINDS), d.gate_noise, d.noise_seconds)
        for index, stretch in enumerate(stretches):
            mine = self._owner == index
            genre[mine] += rng.normal(0.0, d.track_bias, len(LABELS))
            if stretch.genre:
                genre[mine, LABELS.index(stretch.genre)] += d.genre_gain
            if stretch.status in KINDS:
                gate[mine, KINDS.index(stretch.status)] += d.gate_gain
        self._audible = np.concatenate([[0], np.cumsum(audible)])
        self._genre = np.vstack([np.zeros(len(LABELS)), np.cumsum(genre * audible[:, None], axis=0)])
        self._gate = np.vstack([np.zeros(len(KINDS)), np.cumsum(gate * audible[:, None], axis=0)])

    @property
    def seconds(self) -> float:
        return float(self.edges[-1])

    def truth(self, audio_seconds: float) -> tuple[str, str | None]:
        stretch = self.stretches[int(np.searchsorted(self.edges[1:-1], audio_seconds, side="right"))]
        return stretch.status, stretch.genre

    def observations(self, hop_seconds: float) -> Iterator[Observation]:
        hop, heard_to = round(hop_seconds / CELL_SECONDS), 0
        for end in range(hop, len(self._owner) + 1, hop):
            silent = end >= _SECOND and self._sound(end - _SECOND, end) == 0
            level = Level(-90.0 if silent else -20.0, -80.0 if silent else -6.0, silent, digital_zero=False)
            begin, now = end - _WINDOW, end * CELL_SECONDS
            if begin < 0 or silent or self._sound(begin, end) < _LEAST_SOUND:
                reason = "silence" if silent else "filling" if begin < 0 else "too little sound"
                yield Observation(now, level, None, reason=reason)
                continue
            evidence = self._sound(max(begin, heard_to), end) * CELL_SECONDS
            heard_to = end
            yield Observation(now, level, self._scores(begin, end), evidence)

    def _sound(self, begin: int, end: int) -> int:
        return int(self._audible[end] - self._audible[begin])

    def _scores(self, begin: int, end: int) -> Scores:
        sound = self._sound(begin, end)
        return Scores(
            _softmax((self._genre[end] - self._genre[begin]) / sound),
            _softmax((self._gate[end] - self._gate[begin]) / sound),
        )


def random_stretches(rng: np.random.Generator, count: int) -> list[Stretch]:
    """Music of changing genres with speech, noise and silence between, 8 to 40 s each."""
    found: list[Stretch] = []
    while len(found) < count:
        kind = str(rng.choice(["music", "speech", "noise", "silence"], p=[0.64, 0.16, 0.1, 0.1]))
        seconds = float(rng.uniform(15, 40) if kind == "music" else rng.uniform(8, 20))
        genre = str(rng.choice(LABELS)) if kind == "music" else None
        if not found or (found[-1].status, found[-1].genre) != (kind, genre):
            found.append(Stretch(seconds, kind, genre))
    return found


def _noise(
    rng: np.random.Generator, cells: int, width: int, spread: float, memory_seconds: float
) -> np.ndarray:
    keep = np.exp(-_TENTH * CELL_SECONDS / memory_seconds)
    kicks = rng.normal(0.0, spread * np.sqrt(1 - keep**2), (cells // _TENTH + 1, width))
    kicks[0] = rng.normal(0.0, spread, width)
    for row in range(1, len(kicks)):
        kicks[row] += keep * kicks[row - 1]
    return np.repeat(kicks, _TENTH, axis=0)[:cells]


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()
