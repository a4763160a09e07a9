"""The two functions for Python users, listen() and classify(); they import their parts when called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from streamgenre.messages import AudioBlock, Classification, Segment, State
from streamgenre.settings import DecideSettings, PipelineSettings, SmoothingName

if TYPE_CHECKING:
    from streamgenre.capture.source import AudioSource
    from streamgenre.classify.onnx_model import OnnxModel

READ_SECONDS = 1.0


def listen(
    source: str | os.PathLike[str],
    *,
    model: str | OnnxModel = "genre",
    realtime: bool = True,
    hop_seconds: float = 0.5,
    smoothing: SmoothingName = "hmm",
    duration_seconds: float | None = None,
) -> Iterator[State]:
    """Follow a source and yield its state at every hop.

    `source` is anything the command line takes (file, URL, `mic`, `monitor`, `-`, `pcm:PATH`); a file
    is paced in real time unless `realtime` is false. `hop_seconds` is 0.1 to 3.0.
    Raises PermanentSourceError when the source cannot be opened, ModelError when the model is refused,
    ValueError for a hop out of range.
    """
    from streamgenre.capture.open_source import open_source
    from streamgenre.session import Session, SessionSettings

    settings = SessionSettings(_pipeline_settings(hop_seconds, smoothing), duration_seconds)
    session = Session(lambda: open_source(os.fspath(source), paced=realtime), _loaded(model), settings)
    for stamped in session:
        if isinstance(stamped.message, State):
            yield stamped.message


def classify(
    path: str | os.PathLike[str],
    *,
    model: str | OnnxModel = "genre",
    hop_seconds: float = 0.5,
    smoothing: SmoothingName = "hmm",
) -> Classification:
    """Hear a whole file, faster than real time, and return what it holds.

    Raises PermanentSourceError when it cannot be read, ModelError when the model is refused.
    """
    from streamgenre.capture.file_source import FileSource
    from streamgenre.pipeline import SourcePipeline

    settings = _pipeline_settings(hop_seconds, smoothing)
    with closing(FileSource(Path(path), paced=False)) as source:
        pipeline = SourcePipeline(source.format, _loaded(model), settings)
        pipeline.name_title(source.title)
        messages = [message for block in _blocks(source) for message in pipeline.process(block)]
        messages += pipeline.flush()
    segments = tuple(message for message in messages if isinstance(message, Segment))
    found = pipeline.verdict()
    return Classification(
        path=os.fspath(path),
        seconds=pipeline.audio_seconds,
        status=found.status,
        genre=found.genre,
        confidence=found.confidence,
        top=found.top,
        tags=found.tags,
        segments=segments,
        short=found.short,
        reason=found.reason,
    )


def _blocks(source: AudioSource) -> Iterator[AudioBlock]:
    while True:
        try:
            block = source.read(READ_SECONDS)
        except EOFError:
            return
        if block is not None:
            yield block


def _loaded(model: str | OnnxModel) -> OnnxModel:
    from streamgenre.classify.registry import load_genre_model

    return load_genre_model(model) if isinstance(model, str) else model


def _pipeline_settings(hop_seconds: float, smoothing: SmoothingName) -> PipelineSettings:
    if not 0.1 <= hop_seconds <= 3.0:
        raise ValueError(f"hop_seconds is {hop_seconds}; it must lie between 0.1 and 3.0")
    return PipelineSettings(round(hop_seconds, 3), DecideSettings(smoothing=smoothing))
