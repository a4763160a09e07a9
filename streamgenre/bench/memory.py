"""Memory of `listen` in the steady state, and whether it grows over hours of sound."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median

from streamgenre.bench.effort import Effort
from streamgenre.bench.listening import fed
from streamgenre.bench.rows import Row, measured
from streamgenre.bench.subjects import Subject

SECTION = "memory"
HOP_SECONDS = 1.0
SETTLING_SECONDS = 20.0
SAMPLES = 24
SECONDS_AN_HOUR = 3600


def subjects(effort: Effort) -> Iterator[Subject]:
    """The default model."""
    yield Subject("listen", partial(_memory, effort))


def _memory(effort: Effort) -> Iterator[Row]:
    heard = effort.simulated_hours * SECONDS_AN_HOUR
    with fed("--hop", str(HOP_SECONDS), "--as-fast-as-possible") as listener:
        listener.feed(min(SETTLING_SECONDS, heard))
        samples: list[float] = []
        for _ in range(SAMPLES):
            listener.feed(heard / SAMPLES)
            samples.append(listener.pss_mib())
    note = f"PSS over {effort.simulated_hours:g} h of sound, a decision each {HOP_SECONDS:g} s"
    yield measured(SECTION, "listen, steady", "MiB", samples, note=note)
    third = len(samples) // 3
    growth = median(samples[-third:]) - median(samples[:third])
    note = f"median of the last third less that of the first, over {effort.simulated_hours:g} h of sound"
    yield measured(SECTION, "listen, growth over the run", "MiB", [growth], note=note)
