"""All of a source's way from PCM to states, beside the inference within it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamgenre.bench.effort import Effort
from streamgenre.bench.goals import HOPS_SECONDS
from streamgenre.bench.inference import output_names
from streamgenre.bench.models import genre_models
from streamgenre.bench.rows import SHARE, Row, compared
from streamgenre.bench.sounds import music, music_in_stereo
from streamgenre.bench.subjects import Subject
from streamgenre.bench.timer import at_once, interleaved
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.registry import load_model
from streamgenre.messages import AudioBlock, AudioFormat, Float32, Window
from streamgenre.pipeline import SourcePipeline, model_windows
from streamgenre.settings import PipelineSettings

SECTION = "pipeline"
BARE = "bare inference"
BLOCK_SECONDS = 0.1
MILLISECONDS = 1e3


def subjects(effort: Effort) -> Iterator[Subject]:
    """Every model that has genres, on the simplest input and on the usual one."""
    for name in genre_models(effort):
        for audio_format in (AudioFormat(16000, 1), AudioFormat(RATE_HZ, 2)):
            for hop in HOPS_SECONDS:
                label = f"{name}, {described(audio_format)}, hop {hop:g} s"
                yield Subject(label, partial(_pipeline, label, name, audio_format, hop, effort))


def described(audio_format: AudioFormat) -> str:
    return f"{audio_format.sample_rate_hz} Hz × {audio_format.channels}"


def _pipeline(
    label: str, name: str, audio_format: AudioFormat, hop_seconds: float, effort: Effort
) -> Iterator[Row]:
    model = load_model(name)
    sound = _sound(audio_format, effort.stream_seconds)
    windows = model_windows([AudioBlock(sound, 0)], audio_format, model.front_end, hop_seconds)
    bare, whole = partial(_bare, model, windows), partial(_whole, model, sound, audio_format, hop_seconds)
    count = len(windows) / MILLISECONDS
    times = interleaved({SECTION: at_once(whole, count), BARE: at_once(bare, count)}, effort)
    yield compared(SECTION, label, "ms a decision", times[SECTION], BARE, times[BARE], ratio_is=SHARE)


def _sound(audio_format: AudioFormat, seconds: float) -> Float32:
    if audio_format.channels == 2:
        return music_in_stereo(seconds)
    return music(seconds, audio_format.sample_rate_hz)[:, None]


def _bare(model: OnnxModel, windows: list[Window]) -> None:
    scorer, names = model.stream(), output_names(model)
    for window in windows:
        scorer.outputs(window, names)


def _whole(model: OnnxModel, sound: Float32, audio_format: AudioFormat, hop_seconds: float) -> None:
    pipeline = SourcePipeline(audio_format, model, PipelineSettings(hop_seconds=hop_seconds))
    block = round(BLOCK_SECONDS * audio_format.sample_rate_hz)
    for first in range(0, len(sound), block):
        pipeline.process(AudioBlock(sound[first : first + block], first))
    pipeline.flush()
