"""Print what the four smoothers make of simulated programmes: `python -m tests.bench.decide_table`."""

from __future__ import annotations

import sys

import numpy as np

from tests.unit.decide.measures import (
    HOPS_SECONDS,
    agreement,
    false_changes,
    follow,
    seconds_to_stable,
    settled_seconds,
)
from tests.unit.decide.spliced import Difficulty, SplicedProgramme, random_stretches

DIFFICULTIES = {
    "plain": Difficulty(genre_gain=4.0, genre_noise=1.0),
    "middling": Difficulty(genre_gain=3.0, genre_noise=1.2, track_bias=0.7),
    "hard": Difficulty(genre_gain=3.0, genre_noise=1.5, track_bias=0.9),
}
PROGRAMMES = 12
STRETCHES = 16
HEADER = "windows   smoother  to stable median/p95  false/min  right  hops agree (stable)  minutes"


def row(name, programmes) -> str:
    times: list[float] = []
    wrong = agreed = compared = right = settled = 0
    for programme in programmes:
        hops = {hop: follow(programme, hop, name) for hop in HOPS_SECONDS}
        default = hops[0.5]
        times += seconds_to_stable(programme, default)
        wrong += false_changes(programme, default)
        one = agreement(programme, hops)
        agreed, compared = agreed + one[0], compared + one[1]
        for second in settled_seconds(programme):
            belief = default.at(second)
            right += (belief.status, belief.genre) == programme.truth(second)
            settled += 1
    minutes = sum(p.seconds for p in programmes) / 60.0
    middle, late = np.percentile(times, [50, 95], method="higher")
    return (
        f"{name:8s}  {middle:9.1f} / {late:5.1f} s    {wrong / minutes:8.2f}  {right / settled:5.3f}"
        f"  {agreed / compared:12.4f}         {minutes:6.1f}"
    )


def main() -> None:
    write = sys.stdout.write
    write(HEADER + "\n")
    for label, difficulty in DIFFICULTIES.items():
        programmes = [
            SplicedProgramme(random_stretches(np.random.default_rng([1, i]), STRETCHES), i, difficulty)
            for i in range(PROGRAMMES)
        ]
        for name in ("hmm", "ema", "vote", "none"):
            write(f"{label:9s} {row(name, programmes)}\n")


if __name__ == "__main__":
    main()
