"""Recordings: decoded and resampled, and classified from end to end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from streamgenre import api
from streamgenre.bench.effort import Effort
from streamgenre.bench.models import genre_models
from streamgenre.bench.peers import HOW_TO_GET, peer
from streamgenre.bench.recordings import CODECS, write_recording
from streamgenre.bench.rows import Row, compared, measured, missing
from streamgenre.bench.sounds import music_in_stereo
from streamgenre.bench.subjects import Subject
from streamgenre.bench.timer import Run, at_once, interleaved
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from streamgenre.capture.file_source import FileSource
from streamgenre.features.downmix import to_mono
from streamgenre.features.resampler import Resampler

SECTION = "files"
MODEL_RATE_HZ = 16000
MILLISECONDS = 1e3
HOP_SECONDS = 0.5
OURS, LIBROSA = "streamgenre", "librosa.load"


def subjects(effort: Effort) -> Iterator[Subject]:
    """Every codec that can be written here, and every model that has genres."""
    for suffix in CODECS:
        yield Subject(f"decode and resample, {suffix}", partial(_decoding, suffix, effort))
    for model in genre_models(effort):
        yield Subject(f"classify, {model}", partial(_classifying, model, effort))


def _decoding(suffix: str, effort: Effort) -> Iterator[Row]:
    name, unit = f"decode and resample, {suffix} to {MODEL_RATE_HZ} Hz mono", "ms a second of audio"
    with tempfile.TemporaryDirectory() as folder:
        path = _recording(Path(folder), suffix, effort)
        runs: dict[str, Run] = {OURS: partial(_decode, path)}
        librosa = peer("librosa")
        if librosa:
            runs[LIBROSA] = partial(librosa.load, path, sr=MODEL_RATE_HZ)
        ways = {label: at_once(run, effort.file_seconds / MILLISECONDS) for label, run in runs.items()}
        times = interleaved(ways, effort)
    if librosa:
        yield compared(SECTION, name, unit, times[OURS], LIBROSA, times[LIBROSA])
    else:
        yield measured(SECTION, name, unit, times[OURS])
        yield missing(SECTION, name, unit, LIBROSA, HOW_TO_GET)


def _classifying(model: str, effort: Effort) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = _recording(Path(folder), "mp3", effort)
        way = at_once(partial(api.classify, path, model=model, hop_seconds=HOP_SECONDS))
        seconds = interleaved({OURS: way}, effort)[OURS]
    yield measured(
        SECTION,
        f"classify, mp3, {model}, hop {HOP_SECONDS:g} s",
        "seconds of audio a second of CPU",
        [effort.file_seconds / spent for spent in seconds],
    )


def _recording(folder: Path, suffix: str, effort: Effort) -> Path:
    path = folder / f"recording.{suffix}"
    write_recording(path, music_in_stereo(effort.file_seconds), RATE_HZ)
    return path


def _decode(path: Path) -> None:
    with closing(FileSource(path, paced=False)) as source:
        resampler = Resampler(source.format.sample_rate_hz, MODEL_RATE_HZ)
        with suppress(EOFError):
            while block := source.read(0.0):
                resampler.process(to_mono(block.samples))
        resampler.flush()
