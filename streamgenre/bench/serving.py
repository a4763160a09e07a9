"""How many sources a core serves through the engine, and what a second worker adds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from streamgenre.bench.effort import Effort
from streamgenre.bench.goals import FAST_MODEL
from streamgenre.bench.models import genre_models
from streamgenre.bench.pipeline import described
from streamgenre.bench.rows import SHARE, Row, compared, measured
from streamgenre.bench.streams import MONO_16K, STEREO_44K, streams_a_core, two_workers_against_one
from streamgenre.bench.subjects import Subject
from streamgenre.classify.registry import load_model
from streamgenre.messages import AudioFormat

SECTION = "streams"
ROUND_SECONDS = 3.0
SOURCES = 8
WAYS = ((MONO_16K, 1.0), (MONO_16K, 0.5), (STEREO_44K, 1.0))


def subjects(effort: Effort) -> Iterator[Subject]:
    """Every model that has genres; the second worker with the quickest of them."""
    models = genre_models(effort)
    for model in models:
        for audio_format, hop in WAYS if effort.every_model else WAYS[:1]:
            label = f"{model}, streams a core, {described(audio_format)}, hop {hop:g} s"
            yield Subject(label, partial(_one_core, label, model, audio_format, hop, effort))
    model = FAST_MODEL if FAST_MODEL in models else models[0]
    yield Subject("two engine workers", partial(_two_workers, model, effort))


def _one_core(
    label: str, model: str, audio_format: AudioFormat, hop_seconds: float, effort: Effort
) -> Iterator[Row]:
    found = streams_a_core(
        load_model(model),
        audio_format=audio_format,
        hop_seconds=hop_seconds,
        sources=_sources(effort),
        rounds=effort.rounds,
        round_seconds=ROUND_SECONDS,
    )
    yield measured(SECTION, label, "streams", found.rounds)


def _two_workers(model: str, effort: Effort) -> Iterator[Row]:
    found = two_workers_against_one(
        load_model(model), sources=_sources(effort), rounds=effort.rounds, round_seconds=ROUND_SECONDS
    )
    note = (
        f"{model}, {described(found.audio_format)}, hop {found.hop_seconds:g} s, {os.cpu_count()} cores; "
        f"two threads at inference alone in the same rounds: {found.bare_ratio:.2f}"
    )
    yield compared(
        SECTION, "two engine workers", "streams", found.two, "one engine worker", found.one, ratio_is=SHARE,
        note=note,
    )  # fmt: skip


def _sources(effort: Effort) -> int:
    return min(SOURCES, effort.decisions)
