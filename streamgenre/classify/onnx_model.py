"""One model in ONNX Runtime: the only door to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import (
    onnxruntime_pybind11_state as runtime_state,  # pyright: ignore[reportAttributeAccessIssue]  a compiled module
)

from streamgenre.baton import baton
from streamgenre.classify.graph_check import GraphTensor, check_graph, check_sample_rate
from streamgenre.classify.model_card import Head, ModelCard, read_card
from streamgenre.classify.runtime_refusal import refusal
from streamgenre.classify.window_scorer import WindowScorer
from streamgenre.errors import ModelError
from streamgenre.messages import Float32, ModelIdentity, Scores
from streamgenre.settings import CalibrationSettings, FrontEndSettings

_RUNTIME_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(runtime_state).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
_RUNTIME = f"ONNX Runtime {onnxruntime.__version__}"
_ERRORS_ONLY = 3
_WEIGHTS_ELSEWHERE = "session.model_external_initializers_file_folder_path"
"""Where weights outside the graph are looked for: by default in the working directory."""


class OnnxModel:
    """A loaded model. Holds nothing of any source: one is shared by all of them, from any thread."""

    def __init__(self, folder: Path, card: ModelCard | None = None) -> None:
        self.card: ModelCard = card or read_card(folder)
        """What the model is; see `ModelCard`."""
        self._path = folder / self.card.graph_file
        self._session = _open_session(self._path, _read_graph(self._path, self.card))
        check_graph(self._path, self.card, self._session.get_inputs(), self._session.get_outputs())
        check_sample_rate(self._path, self.card, self._session.get_modelmeta().custom_metadata_map)
        self._nothing_before = self._no_frames()

    @property
    def identity(self) -> ModelIdentity:
        return ModelIdentity(self.card.name, self.card.sha256)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `scores` mean: genres, or tags where the model has no genres."""
        return self._main_head.labels

    @property
    def gate_labels(self) -> tuple[str, ...]:
        """music, speech, noise; empty where the model has no gate."""
        return self.card.gate.labels if self.card.gate else ()

    @property
    def tag_labels(self) -> tuple[str, ...]:
        return self.card.tags.labels if self.card.tags else ()

    @property
    def front_end(self) -> FrontEndSettings:
        """What makes the windows this model was trained on."""
        return self.card.front_end

    @property
    def calibration(self) -> CalibrationSettings:
        """What the beliefs made of its scores proved to be worth."""
        return self.card.calibration

    def scores(self, windows: Float32) -> Float32:
        """Score windows; each row is bit-identical whatever else is in the batch.

        windows: (N, frames, bands) float32 as the card's front end makes them. Returns (N, labels)
        float32, 0 to 1. Raises ValueError for another shape, NaN or infinities.
        """
        return self.outputs(windows, [self._main_head.output])[0]

    def analyse(self, windows: Float32) -> list[Scores]:
        """Give genre, gate and tags of each window, in double precision, distributions summing to 1."""
        return self.interpret(self.outputs(windows, [head.output for head in self.genre_heads]))

    def stream(self) -> WindowScorer:
        """Start scoring the windows of one source, in order: quicker than `analyse`, the same scores."""
        return WindowScorer(self)

    @property
    def genre_heads(self) -> tuple[Head, ...]:
        """The heads that `analyse` reads; raises ModelError where the model has no genres."""
        if self.card.genre is None:
            raise ModelError(
                f"{self.card.path}: this model gives tags, not genres; choose another to listen with"
            )
        return self.card.heads

    def interpret(self, columns: Sequence[Float32]) -> list[Scores]:
        """Turn outputs in the order of `genre_heads` into one Scores a row."""
        by_output = dict(zip((head.output for head in self.card.heads), columns, strict=True))
        return [_scores(self.card, by_output, row) for row in range(len(columns[0]))]

    def outputs(self, windows: Float32, names: Sequence[str]) -> list[Float32]:
        """Run the graph for outputs by name; windows as for `scores`.

        One run a window: the sums inside some operators depend on where a row lies in memory, and
        a batch is no quicker on one thread.
        """
        self._check_windows(windows)
        alone = self.front_end.window_frames
        rows = [self._run(windows[row : row + 1], names, None, alone) for row in range(len(windows))]
        if not rows:
            return [self._empty(name) for name in names]
        return [np.concatenate(column) for column in zip(*rows, strict=True)]

    def step(
        self, window: Float32, names: Sequence[str], *, before: Float32 | None, new_frames: int
    ) -> list[Float32]:
        """Run the graph on one window, given what an earlier one left.

        window: (1, frames, bands) float32. before: the output `card.frame_context.output` of a window
        that began `new_frames` frames earlier in the same run of frames; None: nothing is known.
        """
        self._check_windows(window)
        return self._run(window, names, before, new_frames)

    @property
    def _main_head(self) -> Head:
        head = self.card.genre or self.card.tags
        assert head is not None
        return head

    def _run(
        self, window: Float32, names: Sequence[str], before: Float32 | None, new_frames: int
    ) -> list[Float32]:
        inputs: dict[str, NDArray[np.generic]] = {self.card.input_name: window}
        context = self.card.frame_context
        if context is not None:
            inputs[context.input] = self._nothing_before if before is None else before
            inputs[context.new_frames] = np.array([new_frames], np.int64)
        try:
            with baton.laid_down:
                return cast("list[Float32]", self._session.run(list(names), inputs))
        except _RUNTIME_ERRORS as error:
            raise ModelError(f"{self._path}: the model failed on a window: {_first_line(error)}") from error

    def _no_frames(self) -> Float32:
        context = self.card.frame_context
        width = context.width if context else 0
        return np.zeros((1, width, self.front_end.window_frames), np.float32)

    def _empty(self, name: str) -> Float32:
        shape = next(output.shape for output in self._session.get_outputs() if output.name == name)
        return np.empty((0, *(int(size) for size in shape[1:])), np.float32)

    def _check_windows(self, windows: Float32) -> None:
        expected = (self.front_end.window_frames, self.front_end.frames.bands)
        if windows.ndim != 3 or windows.shape[1:] != expected or windows.dtype != np.float32:
            raise ValueError(
                f"model {self.card.name} takes float32 windows of shape (N, {expected[0]}, {expected[1]}), "
                f"got {windows.dtype} {windows.shape}"
            )
        finite = np.isfinite(windows).all(axis=(1, 2))
        if not finite.all():
            raise ValueError(f"window {int(np.argmin(finite))} holds NaN or infinite values")


def _scores(card: ModelCard, columns: dict[str, Float32], row: int) -> Scores:
    assert card.genre is not None
    genre = columns[card.genre.output][row].astype(np.float64)
    gate = columns[card.gate.output][row].astype(np.float64) if card.gate else None
    tags = columns[card.tags.output][row].astype(np.float64) if card.tags else None
    return Scores(genre / genre.sum(), None if gate is None else gate / gate.sum(), tags)


def graph_tensors(path: Path) -> tuple[list[GraphTensor], list[GraphTensor]]:
    """Give the inputs and outputs of a graph that has no card yet; raises ModelError."""
    session = _open_session(path, _read_file(path))
    return list(session.get_inputs()), list(session.get_outputs())


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: cannot read the model's graph ({error.strerror}); install the model again"
        ) from error


def _read_graph(path: Path, card: ModelCard) -> bytes:
    graph = _read_file(path)
    found = hashlib.sha256(graph).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"{path}: damaged or replaced: {card.path.name} says sha256 {card.sha256[:12]}…, the file has "
            f"{found[:12]}…; install the model again, or, if the graph is a new one of yours, write its "
            "sha256 into the card"
        )
    return graph


def _open_session(path: Path, graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # threads that share the arena slow each other down
    options.enable_mem_pattern = False  # streams change the sizes inside the graph: no plan fits twice
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry(_WEIGHTS_ELSEWHERE, "/dev/null")
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except _RUNTIME_ERRORS as error:
        raise ModelError(f"{path}: {refusal(str(error), _RUNTIME)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
