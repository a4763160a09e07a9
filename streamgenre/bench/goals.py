"""What the project promises of its speed: every goal, and the row it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a ratio or on a figure of ours."""

    bound: Literal["≥", "≤"]
    figure: float

    def met(self, value: float) -> bool:
        """Whether the value keeps within it."""
        return value >= self.figure if self.bound == "≥" else value <= self.figure

    def __str__(self) -> str:
        return f"{self.bound} {self.figure:g}"


def at_least(figure: float) -> Goal:
    return Goal("≥", figure)


def at_most(figure: float) -> Goal:
    return Goal("≤", figure)


HOPS_SECONDS = (0.1, 0.5, 1.0)
LARGE, SMALL = "22050 Hz/2048/512/128", "16000 Hz/512/256/96"
"""Names of the two front ends of the goals: rate, frame, hop, bands."""
REFERENCE_MODEL = "msd_musicnn"
FAST_MODEL = "genre-light"

_GOALS: dict[tuple[str, str, str | None], Goal] = {
    **{
        ("front-end", f"{clip}, {front_end}", peer): goal
        for clip in ("whole clip", "whole clip of noise")
        for front_end, peer, goal in (
            (LARGE, "librosa", at_least(8)),
            (LARGE, "sonara", at_least(3)),
            (LARGE, "torch", at_least(4)),
            (SMALL, "librosa", at_least(6)),
            (SMALL, "torch", at_least(2.3)),
            (LARGE, "ducc0, rfft alone", at_most(0.7)),
            (SMALL, "ducc0, rfft alone", at_most(1.0)),
        )
    },
    ("front-end", f"a 3 s window each 0.5 s, {LARGE}", "librosa, whole window"): at_least(45),
    ("front-end", f"a 3 s window each 0.5 s, {LARGE}", "librosa, new frames only"): at_least(24),
    **{
        ("accuracy", f"{sound}, {front_end}", None): at_most(bound)
        for front_end in (LARGE, SMALL)
        for sound, bound in (("music", 1e-3), ("white noise", 1e-3), ("steep slope", 1e-2))
    },
    ("inference", f"{REFERENCE_MODEL}, hop 0.5 s", "whole window"): at_most(0.45),
    ("inference", f"{REFERENCE_MODEL}, hop 1 s", "whole window"): at_most(0.57),
    **{
        ("inference", f"{REFERENCE_MODEL}, hop {hop:g} s, greatest difference of a score", None): at_most(
            1e-5
        )
        for hop in HOPS_SECONDS
    },
    **{
        ("pipeline", f"{model}, {rate_hz} Hz × {channels}, hop {hop:g} s", "bare inference"): at_most(1.15)
        for model in ("genre", FAST_MODEL)
        for rate_hz, channels in ((16000, 1), (44100, 2))
        for hop in HOPS_SECONDS
    },
    ("streams", f"{FAST_MODEL}, streams a core, 16000 Hz × 1, hop 1 s", None): at_least(80),
    ("streams", "two engine workers", "one engine worker"): at_least(1.8),
    ("idle", f"{FAST_MODEL}, PCM, hop 0.5 s", None): at_most(2.5),
    ("start", "listen, to the first decision", "librosa and onnxruntime"): at_most(0.5),
    ("memory", "listen, steady", None): at_most(300),
    ("memory", "listen, growth over the run", None): at_most(2),
}


def goal_of(section: str, name: str, peer: str | None = None) -> Goal | None:
    """The goal of a row, if it has one."""
    return _GOALS.get((section, name, peer))
