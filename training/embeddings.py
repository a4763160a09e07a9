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


class Embedder:
    """Runs chosen outputs of chosen models on clips; results are cached by the windows' content."""

    def __init__(self, models: Sequence[str], outputs: Sequence[str], hop_seconds: float) -> None:
        self._models = [load_model(name) for name in models]
        self._outputs = tuple(outputs)
        self._hop_seconds = hop_seconds

    @property
    def front_end(self) -> FrontEndSettings:
        return self._models[0].front_end

    def embed(self, clips: Sequence[Clip], view: str, threads: int = 2) -> Embedded:
        """Embed every clip; one that cannot be read is named and left out."""
        CACHE.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(threads) as pool:
            results = list(pool.map(lambda clip: self._embed_or_reason(clip, view), clips))
        broken = {
            clip.key: result for clip, result in zip(clips, results, strict=True) if isinstance(result, str)
        }
        rows = [(index, rows) for index, rows in enumerate(results) if not isinstance(rows, str)]
        clip_of = np.concatenate([np.full(len(found), index) for index, found in rows])
        return Embedded(np.concatenate([found for _, found in rows]), clip_of, broken)

    def _embed_or_reason(self, clip: Clip, view: str) -> Float32 | str:
        try:
            return self._embed(clip_windows(clip, view, self.front_end, self._hop_seconds))
        except StreamgenreError as error:
            return str(error)

    def _embed(self, windows: Float32) -> Float32:
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
