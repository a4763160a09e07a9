"""What a decision costs: the whole window's graph against the one that goes on from the last window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from streamgenre.bench.effort import Effort
from streamgenre.bench.goals import HOPS_SECONDS
from streamgenre.bench.models import model_names
from streamgenre.bench.rows import SHARE, Row, compared, measured
from streamgenre.bench.sounds import music
from streamgenre.bench.subjects import Subject
from streamgenre.bench.timer import Run, Way, at_once, interleaved
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.registry import load_model
from streamgenre.messages import AudioBlock, AudioFormat, Window
from streamgenre.pipeline import model_windows

SECTION = "inference"
WHOLE = "whole window"
MILLISECONDS = 1e3


def subjects(effort: Effort) -> Iterator[Subject]:
    """A model each."""
    for name in model_names(effort):
        yield Subject(name, partial(_model, name, effort))


def windows_of(model: OnnxModel, hop_seconds: float, count: int) -> list[Window]:
    """So many windows of music on the grid of frames, one hop apart, and one before them."""
    rate_hz = model.front_end.frames.sample_rate_hz
    seconds = model.front_end.window_seconds + (count + 2) * hop_seconds
    sound = AudioBlock(music(seconds, rate_hz)[:, None], 0)
    found = model_windows([sound], AudioFormat(rate_hz, 1), model.front_end, hop_seconds)
    return found[: count + 1]


def output_names(model: OnnxModel) -> list[str]:
    return [head.output for head in model.card.heads]


def _model(name: str, effort: Effort) -> Iterator[Row]:
    model, unit = load_model(name), "ms a decision"
    windows = {hop: windows_of(model, hop, effort.decisions) for hop in HOPS_SECONDS}
    names, count = output_names(model), effort.decisions / MILLISECONDS
    ways = {WHOLE: at_once(partial(score_alone, model, windows[HOPS_SECONDS[1]], names), count)}
    labels = {hop: f"{name}, hop {hop:g} s" for hop in HOPS_SECONDS}
    for hop, label in labels.items():
        ways[label] = Way(partial(score_stream, model, windows[hop], names), count)
    times = interleaved(ways, effort)
    yield measured(SECTION, f"{name}, {WHOLE}", unit, times[WHOLE])
    for hop, label in labels.items():
        yield compared(SECTION, label, unit, times[label], WHOLE, times[WHOLE], ratio_is=SHARE)
        errors = _differences(model, windows[hop], names)
        yield measured(SECTION, f"{label}, greatest difference of a score", "", [max(errors)])


def score_alone(model: OnnxModel, windows: list[Window], names: list[str]) -> None:
    for window in windows[1:]:
        model.outputs(window.features[None], names)


def score_stream(model: OnnxModel, windows: list[Window], names: list[str]) -> Run:
    """A stream whose first window, which is computed whole, lies behind it."""
    scorer = model.stream()
    scorer.outputs(windows[0], names)
    return lambda: [scorer.outputs(window, names) for window in windows[1:]]


def _differences(model: OnnxModel, windows: list[Window], names: list[str]) -> Iterator[float]:
    scorer = model.stream()
    for window in windows:
        alone = model.outputs(window.features[None], names)
        for one, other in zip(scorer.outputs(window, names), alone, strict=True):
            yield float(np.abs(one - other).max())
