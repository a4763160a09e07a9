"""Ways of doing the same thing, timed in turns so that what else the machine does meets all alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streamgenre.bench.effort import Effort

Run = Callable[[], object]

_MOST_REPEATS = 200


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do it."""

    prepare: Callable[[], Run]
    """Makes, untimed, what is run once and timed."""
    count: float = 1.0
    """How many frames, windows or seconds one run gets done."""


def at_once(run: Run, count: float = 1.0) -> Way:
    """A way that needs no preparation."""
    return Way(lambda: run, count)


def interleaved(ways: Mapping[str, Way], effort: Effort) -> dict[str, list[float]]:
    """CPU seconds of this process for one of what is counted: each way in turn in each round.

    Two runs come first that do not count: what is compiled or read from disk has been by then.
    """
    repeats = {name: _repeats(way, effort.least_seconds) for name, way in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(effort.rounds):
        for name, way in ways.items():
            spent = sum(_seconds(way) for _ in range(repeats[name]))
            found[name].append(spent / repeats[name] / way.count)
    return found


def _repeats(way: Way, least_seconds: float) -> int:
    way.prepare()()
    return max(1, min(_MOST_REPEATS, math.ceil(least_seconds / max(_seconds(way), 1e-9))))


def _seconds(way: Way) -> float:
    run = way.prepare()
    begin = time.process_time()
    run()
    return time.process_time() - begin
