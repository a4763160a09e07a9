"""The two functions for Python users, listen() and classify(); they import their parts when called."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from streamgenre.capture.source import AudioSource
    from streamgenre.classify.onnx_model import OnnxModel
    from streamgenre.messages import AudioBlock, Classification, State
    from streamgenre.session import Session
    from streamgenre.settings import PipelineSettings, SmoothingName

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
    Raises ValueError at once for an argument out of its range; while iterating PermanentSourceError
    when the source cannot be opened, ModelError when the model is refused.
    """
    from streamgenre.capture.open_source import open_source
    from streamgenre.session import Session
    from streamgenre.settings import SessionSettings

    if duration_seconds is not None and not (math.isfinite(duration_seconds) and duration_seconds > 0):
        raise ValueError(f"duration_seconds is {duration_seconds}; it must be finite and more than 0")
    settings = SessionSettings(_pipeline_settings(hop_seconds, smoothing), duration_seconds)
    words = os.fspath(source)
    return _states(lambda: Session(lambda: open_source(words, paced=realtime), _loaded(model), settings))


def classify(
    path: str | os.PathLike[str],
    *,
    model: str | OnnxModel = "genre",
    hop_seconds: float = 0.5,
    smoothing: SmoothingName = "hmm",
) -> Classification:
    """Hear a whole file, faster than real time, and return what it holds.

    Raises PermanentSourceError when it cannot be read, ModelError when the model is refused, ValueError
    for an argument out of its range.
    """
    from streamgenre.capture.file_source import FileSource
    from streamgenre.messages import Classification, Segment
    from streamgenre.pipeline import SourcePipeline

    settings = _pipeline_settings(hop_seconds, smoothing)
    with closing(FileSource(Path(path), paced=False)) as source:
        pipeline = SourcePipeline(source.format, _loaded(model), settings)
        pipeline.name_title(source.title)
        heard = (message for block in _blocks(source) for message in pipeline.process(block))
        segments = [message for message in heard if isinstance(message, Segment)]
        segments += [message for message in pipeline.flush() if isinstance(message, Segment)]
        damage = source.damage
    found = pipeline.verdict()
    return Classification(
        path=os.fspath(path),
        seconds=pipeline.audio_seconds,
        status=found.status,
        genre=found.genre,
        confidence=found.confidence,
        top=found.top,
        tags=found.tags,
        segments=tuple(segments),
        short=found.short,
        reason=found.reason,
        damage=damage,
        not_finite=pipeline.diagnostics().accounts.not_finite,
    )


def _states(start: Callable[[], Session]) -> Iterator[State]:
    from streamgenre.messages import State

    for stamped in start():
        if isinstance(stamped.message, State):
            yield stamped.message


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
    from streamgenre.settings import DecideSettings, PipelineSettings, SmoothingName

    if not 0.1 <= hop_seconds <= 3.0:
        raise ValueError(f"hop_seconds is {hop_seconds}; it must lie between 0.1 and 3.0")
    if smoothing not in get_args(SmoothingName):
        raise ValueError(
            f"smoothing is {smoothing!r}; it must be one of {', '.join(get_args(SmoothingName))}"
        )
    return PipelineSettings(round(hop_seconds, 3), DecideSettings(smoothing=smoothing))
