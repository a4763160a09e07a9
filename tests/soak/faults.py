"""What goes wrong in a day, when, and what has to be told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

FaultKind = Literal[
    "stall", "burst", "dead", "error", "format", "unplug", "gone", "trickle", "garbage", "lost", "suspend"
]
RECOVERY_SECONDS = 75.0
"""After the end of a fault the longest pause between two tries may still have to pass."""
SUSPENDED_SECONDS = 8 * 3600.0


@dataclass(frozen=True, slots=True)
class FaultRange:
    """How long a kind of fault lasts, and which states it must produce."""

    least_seconds: float
    most_seconds: float
    states: str
    """A regular expression over first letters: stalled, reconnecting, online."""


FAULTS: dict[FaultKind, FaultRange] = {
    "stall": FaultRange(2.8, 4.4, "so"),
    "burst": FaultRange(4.5, 4.5, "so"),
    "dead": FaultRange(8.0, 40.0, "s(rs)*r?o"),
    "error": FaultRange(0.0, 0.0, "ro"),
    "format": FaultRange(0.0, 0.0, "ro"),
    "unplug": FaultRange(20.0, 180.0, "ro"),
    "gone": FaultRange(3600.0, 3600.0, "ro"),
    "trickle": FaultRange(25.0, 60.0, "s[sro]*o"),
    "garbage": FaultRange(0.5, 10.0, ""),
    "lost": FaultRange(0.05, 1.2, ""),
    "suspend": FaultRange(0.0, 0.0, "(so)?"),
}
"""A burst is a stall of which all comes at once in the end; of lost audio the length is what is lost."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing going wrong with one source."""

    kind: FaultKind
    start: float
    """Seconds of waking time."""
    seconds: float

    @property
    def end(self) -> float:
        """When sound comes again."""
        return self.start if self.kind == "lost" else self.start + self.seconds


def day_of_faults(seed: int, day_seconds: float, suspend_at: float | None) -> list[Fault]:
    """Something every few minutes; an absence of an hour once; each kind as often as any other."""
    rng = np.random.default_rng(seed)
    usual = [kind for kind in FAULTS if kind not in {"gone", "suspend"}]
    deck: list[FaultKind] = []
    faults: list[Fault] = []
    gone_at = 0.3 * day_seconds if day_seconds > 4 * 3600 else None
    at = 60.0
    while True:
        deck = deck or [usual[index] for index in rng.permutation(len(usual))]
        kind = deck.pop()
        if suspend_at is not None and at + 260 > suspend_at:
            kind, at, suspend_at = "suspend", suspend_at, None
        elif gone_at is not None and at > gone_at:
            kind, gone_at = "gone", None
            if suspend_at is not None and at + 3600 + RECOVERY_SECONDS > suspend_at:
                continue
        span = FAULTS[kind]
        fault = Fault(kind, at, float(rng.uniform(span.least_seconds, span.most_seconds)))
        if fault.end + RECOVERY_SECONDS > day_seconds:
            return faults
        faults.append(fault)
        at = fault.end + RECOVERY_SECONDS + float(rng.uniform(15, 150))
