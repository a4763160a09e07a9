"""How much time a run of the benchmarks may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """How often, and on how much sound, each thing is measured."""

    rounds: int = 9
    """Rounds that count, after one that does not."""
    least_seconds: float = 0.02
    """CPU time of one way in one round: short ones are repeated."""
    clip_seconds: float = 30.0
    """Sound that is transformed at once."""
    decisions: int = 16
    """Windows of a stream."""
    stream_seconds: float = 20.0
    """Sound that runs through a whole pipeline."""
    file_seconds: float = 60.0
    """Length of the files that are decoded and classified."""
    processes: int = 9
    """Starts of a process."""
    idle_seconds: float = 60.0
    """How long a live stream is watched, in real time, for each model."""
    simulated_hours: float = 24.0
    """Audio that is heard, as fast as possible, while memory is watched."""
    processes_a_section: int = 3
    """Of those in which the placing of memory matters, the middle one is told."""
    every_model: bool = True
    """Not the default one alone."""


FULL = Effort()
QUICK = Effort(
    rounds=3,
    least_seconds=0.002,
    clip_seconds=3.0,
    decisions=2,
    stream_seconds=5.0,
    file_seconds=3.0,
    processes=1,
    idle_seconds=1.0,
    simulated_hours=0.01,
    processes_a_section=1,
    every_model=False,
)
"""Shows that everything runs; its figures are rough."""
