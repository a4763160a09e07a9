"""A roofline: what each stage must compute and move at least, against the best this machine can do.

After Williams, Waterman & Patterson, "Roofline", Communications of the ACM 52(4), 2009. The roof over
arithmetic is a float32 matrix product on one thread, that over memory a copy far larger than the caches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from streamgenre.bench.effort import Effort
from streamgenre.bench.front_end import FRONT_ENDS, log_mel_run
from streamgenre.bench.graph_work import whole_and_streamed
from streamgenre.bench.inference import output_names, score_alone, score_stream, windows_of
from streamgenre.bench.machine import copy_gbytes, sgemm_gflops
from streamgenre.bench.models import model_names
from streamgenre.bench.rows import SHARE, Row, compared
from streamgenre.bench.sounds import music
from streamgenre.bench.subjects import Subject
from streamgenre.bench.timer import Way, at_once, interleaved
from streamgenre.classify.registry import load_model
from streamgenre.features.log_mel import LogMel
from streamgenre.features.mel_filterbank import mel_weights
from streamgenre.settings import LogMelSettings

SECTION = "limits"
ROOF = "the roof"
HOPS_SECONDS = (0.5, 1.0)
LOGARITHM_FLOPS = 20
FLOAT_BYTES = 4


def subjects(effort: Effort) -> Iterator[Subject]:
    """Both front ends of the goals, and the models."""
    for name, settings in FRONT_ENDS.items():
        yield Subject(name, partial(_front_end, name, settings, effort))
    for name in model_names(effort):
        yield Subject(name, partial(_model, name, effort))


def front_end_flops(settings: LogMelSettings) -> float:
    """Of one frame: window, real FFT (2.5 n log2 n), power, weighted sums, logarithm."""
    bins = settings.n_fft // 2 + 1
    weights = np.count_nonzero(mel_weights(settings))
    fft = 2.5 * settings.n_fft * math.log2(settings.n_fft)
    return settings.n_fft + fft + 3 * bins + 2 * weights + LOGARITHM_FLOPS * settings.n_mels


def _front_end(name: str, settings: LogMelSettings, effort: Effort) -> Iterator[Row]:
    sound = music(effort.clip_seconds, settings.sample_rate_hz)
    frames = len(LogMel(settings).process(sound))
    seconds = interleaved({name: at_once(log_mel_run(settings, sound), frames)}, effort)[name]
    moved = FLOAT_BYTES * (settings.hop_samples + settings.n_mels)
    yield _under_the_roof(f"log-mel, {name}", "µs a frame", 1e6, seconds, front_end_flops(settings), moved)


def _model(name: str, effort: Effort) -> Iterator[Row]:
    model = load_model(name)
    names, weights = output_names(model), model.card.path.with_name(model.card.graph_file).stat().st_size
    for hop in HOPS_SECONDS:
        windows = windows_of(model, hop, effort.decisions)
        alone, streamed = whole_and_streamed(model, windows, names)
        ways = {
            "whole window": at_once(partial(score_alone, model, windows, names), effort.decisions),
            f"hop {hop:g} s": Way(partial(score_stream, model, windows, names), effort.decisions),
        }
        times = interleaved(ways, effort)
        for (label, seconds), work in zip(times.items(), (alone, streamed), strict=True):
            if label != "whole window" or hop == HOPS_SECONDS[0]:
                yield _under_the_roof(f"{name}, {label}", "ms a decision", 1e3, seconds, 2 * work, weights)


def _under_the_roof(
    name: str, unit: str, scale: float, seconds: Sequence[float], flops: float, moved_bytes: float
) -> Row:
    arithmetic, memory = flops / sgemm_gflops() / 1e9, moved_bytes / copy_gbytes() / 1e9
    roof, what = max((arithmetic, "arithmetic"), (memory, "memory"))
    note = (
        f"{flops / 1e6:.3g} MFLOP, {moved_bytes / 1e6:.3g} MB: bound by {what}; "
        f"{flops / float(np.median(seconds)) / 1e9:.3g} GFLOP/s"
    )
    times = [scale * second for second in seconds]
    return compared(
        SECTION, name, unit, times, ROOF, [scale * roof] * len(times), ratio_is=SHARE, note=note
    )  # fmt: skip
