"""What a decision costs, as ratios in one run: `python -m tests.bench.inference [--rounds N]`.

CPU time of the process, one thread. Every round runs every way in turn, so that all meet the same
machine; a figure is the median over the rounds.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from streamgenre.classify import load_model
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.messages import AudioBlock, AudioFormat, Float32, Window
from streamgenre.pipeline import SourcePipeline, model_windows
from streamgenre.settings import PipelineSettings
from tests.support.sounds import tune

HOPS_SECONDS = (0.1, 0.5, 1.0)
DECISIONS = 16
PIPELINE_SECONDS = 20.0
BLOCK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds of CPU, median over the rounds, and how far the rounds lie apart."""

    milliseconds: float
    spread: float
    """Greatest over least round."""


Run = Callable[[], object]
"""What is timed; a way to do the work makes a fresh one, untimed, for each round."""


def interleaved(ways: dict[str, Callable[[], Run]], rounds: int) -> dict[str, Figure]:
    """Time each way once a round, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, prepare in ways.items():
            run = prepare()
            started = time.process_time()
            run()
            if turn:
                times[name].append((time.process_time() - started) * 1000)
    return {name: Figure(statistics.median(found), max(found) / min(found)) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    write = sys.stdout.write
    write(f"{_processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start\n")
    write(f"Python {platform.python_version()}, onnxruntime {onnxruntime.__version__}, {rounds} rounds\n\n")
    for name in ("msd_musicnn", "genre"):
        _stream_table(load_model(name), rounds, write)
    for rate_hz, channels in ((16000, 1), (44100, 2)):
        _pipeline_table(AudioFormat(rate_hz, channels), rounds, write)


def _stream_table(model: OnnxModel, rounds: int, write: Callable[[str], int]) -> None:
    names = [head.output for head in model.card.heads]
    windows = {hop: _windows(model, hop) for hop in HOPS_SECONDS}
    ways: dict[str, Callable[[], Run]] = {"whole window": lambda: lambda: _whole(model, windows[0.5], names)}
    for hop in HOPS_SECONDS:
        ways[f"stream, hop {hop:g} s"] = lambda hop=hop: _running_stream(model, windows[hop], names)
    figures = interleaved(ways, rounds)
    whole = figures["whole window"].milliseconds
    write(f"{model.card.name}{'':30s} ms a decision  against whole   spread  greatest error\n")
    for (name, figure), hop in zip(figures.items(), (None, *HOPS_SECONDS), strict=True):
        error = "" if hop is None else f"{_greatest_error(model, windows[hop], names):.1e}"
        write(
            f"  {name:36s} {figure.milliseconds / DECISIONS:12.2f} {figure.milliseconds / whole:14.3f} "
            f"{figure.spread:8.2f}  {error}\n"
        )
    write("\n")


def _pipeline_table(audio_format: AudioFormat, rounds: int, write: Callable[[str], int]) -> None:
    model = load_model("genre")
    sound = tune(PIPELINE_SECONDS, audio_format.sample_rate_hz, channels=audio_format.channels)
    names = [head.output for head in model.card.heads]
    write(f"genre, {audio_format.sample_rate_hz} Hz, {audio_format.channels} channels: whole pipeline\n")
    for hop in HOPS_SECONDS:
        windows = model_windows([AudioBlock(sound, 0)], audio_format, model.front_end, hop)
        ways: dict[str, Callable[[], Run]] = {
            "bare": lambda windows=windows: lambda: _streamed(model, windows, names),
            "pipeline": lambda hop=hop: lambda: _pipeline(model, sound, audio_format, hop),
        }
        figures = interleaved(ways, rounds)
        bare, whole = figures["bare"], figures["pipeline"]
        ratio, streams = whole.milliseconds / bare.milliseconds, PIPELINE_SECONDS * 1000 / whole.milliseconds
        spreads = f"spread {bare.spread:.2f} and {whole.spread:.2f}"
        write(f"  hop {hop:3g} s: {ratio:.3f} of bare inference, {streams:5.1f} streams a core, {spreads}\n")
    write("\n")


def _windows(model: OnnxModel, hop_seconds: float) -> list[Window]:
    """As many windows as are timed, on the grid of frames, and one before them."""
    rate_hz = model.front_end.log_mel.sample_rate_hz
    seconds = model.front_end.window_seconds + (DECISIONS + 2) * hop_seconds
    sound = AudioBlock(tune(seconds, rate_hz), 0)
    found = model_windows([sound], AudioFormat(rate_hz, 1), model.front_end, hop_seconds)
    return found[: DECISIONS + 1]


def _whole(model: OnnxModel, windows: list[Window], names: list[str]) -> None:
    for window in windows[1:]:
        model.outputs(window.features[None], names)


def _running_stream(model: OnnxModel, windows: list[Window], names: list[str]) -> Run:
    """A stream whose first window, which is computed whole, lies behind it."""
    scorer = model.stream()
    scorer.outputs(windows[0], names)
    return lambda: [scorer.outputs(window, names) for window in windows[1:]]


def _streamed(model: OnnxModel, windows: list[Window], names: list[str]) -> None:
    scorer = model.stream()
    for window in windows:
        scorer.outputs(window, names)


def _greatest_error(model: OnnxModel, windows: list[Window], names: list[str]) -> float:
    scorer, greatest = model.stream(), 0.0
    for window in windows:
        alone = model.outputs(window.features[None], names)
        for one, other in zip(scorer.outputs(window, names), alone, strict=True):
            greatest = max(greatest, float(np.abs(one - other).max()))
    return greatest


def _pipeline(model: OnnxModel, sound: Float32, audio_format: AudioFormat, hop_seconds: float) -> None:
    pipeline = SourcePipeline(audio_format, model, PipelineSettings(hop_seconds=hop_seconds))
    block = round(BLOCK_SECONDS * audio_format.sample_rate_hz)
    for first in range(0, len(sound), block):
        pipeline.process(AudioBlock(sound[first : first + block], first))
    pipeline.flush()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
