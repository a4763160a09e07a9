"""What one live stream takes of a core, sound arriving as fast as it sounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from streamgenre.bench.effort import Effort
from streamgenre.bench.listening import FedListener, fed
from streamgenre.bench.models import genre_models
from streamgenre.bench.rows import Row, measured
from streamgenre.bench.subjects import Subject

SECTION = "idle"
HOP_SECONDS = 0.5
FILLING_SECONDS = 3.5
"""Until the first decision."""
MOST_SPANS = 10
"""Into so many parts is divided what is watched."""


def subjects(effort: Effort) -> Iterator[Subject]:
    """Every model that has genres."""
    for model in genre_models(effort):
        yield Subject(model, partial(_live, model, effort))


def _live(model: str, effort: Effort) -> Iterator[Row]:
    spans = max(1, min(MOST_SPANS, round(effort.idle_seconds)))
    with fed("--model", model, "--hop", str(HOP_SECONDS)) as listener:
        listener.feed_in_real_time(FILLING_SECONDS)
        shares = [_share(listener, effort.idle_seconds / spans) for _ in range(spans)]
    note = f"PCM as it sounds, {effort.idle_seconds:g} s"
    yield measured(SECTION, f"{model}, PCM, hop {HOP_SECONDS:g} s", "% of a core", shares, note=note)


def _share(listener: FedListener, seconds: float) -> float:
    """Percent of a core that is taken while so much is heard."""
    begin, spent = time.monotonic(), listener.cpu_seconds()
    listener.feed_in_real_time(seconds)
    return 100 * (listener.cpu_seconds() - spent) / (time.monotonic() - begin)
