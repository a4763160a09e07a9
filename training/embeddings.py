"""What the pretrained networks make of each window, kept on disk so that a second run is quick."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamgenre.classify import load_model
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.errors import StreamgenreError
from streamgenre.settings import FrontEndSettings
from training.clip_windows import clip_windows
from training.datasets import Clip
from training.mixing import companion, mix_of

Float32 = NDArray[np.float32]

CACHE = Path(__file__).parents[1] / "data" / "embeddings"


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """All windows of some clips under one view."""

    features: Float32
    """(windows, features)"""
    clip_of: NDArray[np.int64]
    """(windows,) index into the clips."""
    broken: dict[str, str]
    """Clips that could not be read, with the reason."""
    added_of: NDArray[np.int64] | None = None
    """(windows,) index of the clip mixed below each, -1 for none; None: of none of them."""


class Embedder:
    """Runs chosen outputs of chosen models on clips; results are cached by the windows' content."""

    def __init__(self, models: Sequence[str], outputs: Sequence[str], hop_seconds: float) -> None:
        self._models = [load_model(name) for name in models]
        self._outputs = tuple(outputs)
        self.hop_seconds = hop_seconds

    @property
    def front_end(self) -> FrontEndSettings:
        return self._models[0].front_end

    def embed(self, clips: Sequence[Clip], view: str, threads: int = 2) -> Embedded:
        """Embed every clip; one that cannot be read is named and left out."""
        CACHE.mkdir(parents=True, exist_ok=True)
        added = [companion(clip, view, clips) for clip in clips]
        below = [None if number is None else clips[number] for number in added]
        with ThreadPoolExecutor(threads) as pool:
            results = list(
                pool.map(lambda clip, other: self._embed_or_reason(clip, view, other), clips, below)
            )
        broken = {
            clip.key: result for clip, result in zip(clips, results, strict=True) if isinstance(result, str)
        }
        rows = [(index, rows) for index, rows in enumerate(results) if not isinstance(rows, str)]
        clip_of = np.concatenate([np.full(len(found), index) for index, found in rows])
        added_of = np.array([-1 if number is None else number for number in added])[clip_of]
        return Embedded(np.concatenate([found for _, found in rows]), clip_of, broken, added_of)

    def _embed_or_reason(self, clip: Clip, view: str, added: Clip | None) -> Float32 | str:
        """Embed a clip; a view that is a mix has no windows of what it is not made of."""
        if added is None and mix_of(view) is not None:
            return self.embed_windows(
                np.empty((0, self.front_end.window_frames, self.front_end.frames.bands), np.float32)
            )
        try:
            return self.embed_windows(clip_windows(clip, view, self.front_end, self.hop_seconds, added))
        except StreamgenreError as error:
            return str(error)

    def embed_windows(self, windows: Float32) -> Float32:
        """(N, frames, bands) → (N, features): the outputs of all networks side by side."""
        return np.concatenate([self._run(model, windows) for model in self._models], axis=1)

    def _run(self, model: OnnxModel, windows: Float32) -> Float32:
        digest = hashlib.sha256(repr((model.identity.sha256, self._outputs, windows.shape)).encode())
        digest.update(np.ascontiguousarray(windows).tobytes())
        path = CACHE / f"{digest.hexdigest()[:32]}.npy"
        if path.is_file():
            return np.load(path)
        rows = np.concatenate(model.outputs(windows, self._outputs), axis=1)
        np.save(path, rows)
        return rows
