"""Observations made by hand, one decision after another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from streamgenre.messages import Level, Observation, Scores

LABELS = ("blues", "jazz", "rock", "pop")
KINDS = ("music", "speech", "noise")
SOUND = Level(-20.0, -6.0, silent=False, digital_zero=False)
QUIET = Level(-90.0, -80.0, silent=True, digital_zero=False)
ZERO = Level(-120.0, -120.0, silent=True, digital_zero=True)


def leaning(size: int, index: int, p: float) -> np.ndarray:
    """(size,) float64: `p` for one, the rest shared."""
    found = np.full(size, (1.0 - p) / (size - 1))
    found[index] = p
    return found


@dataclass
class Clock:
    """Makes the observations of one source, `hop_seconds` apart; the first window brings three seconds."""

    hop_seconds: float = 0.5
    now_seconds: float = 0.0
    heard: bool = field(default=False)

    def window(
        self, genre: str = "jazz", p: float = 0.8, *, kind: str = "music", gate_p: float = 0.96, tags=None
    ) -> Observation:
        if not self.heard:
            self.now_seconds = max(self.now_seconds, 3.0 - self.hop_seconds)
        evidence, self.heard = (self.hop_seconds if self.heard else 3.0), True
        gate = leaning(len(KINDS), KINDS.index(kind), gate_p)
        scores = Scores(leaning(len(LABELS), LABELS.index(genre), p), gate, tags)
        return Observation(self._tick(), SOUND, scores, evidence)

    def nothing(self, reason: str, level: Level | None = SOUND) -> Observation:
        return Observation(self._tick(), level, None, reason=reason)

    def _tick(self) -> float:
        self.now_seconds = round(self.now_seconds + self.hop_seconds, 6)
        return self.now_seconds
