"""One model in ONNX Runtime: the only door to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import onnxruntime
from onnxruntime.capi import (
    onnxruntime_pybind11_state as runtime_state,  # pyright: ignore[reportAttributeAccessIssue]  a compiled module
)

from streamgenre.classify.model_card import Head, ModelCard, read_card
from streamgenre.errors import ModelError
from streamgenre.messages import Float32, ModelIdentity, Scores
from streamgenre.settings import FrontEndSettings

_RUNTIME_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(runtime_state).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
_ERRORS_ONLY = 3


class _GraphTensor(Protocol):
    """What ONNX Runtime says of an input or output."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class OnnxModel:
    """A loaded model. Holds nothing of any source: one is shared by all of them, from any thread."""

    def __init__(self, folder: Path) -> None:
        self.card: ModelCard = read_card(folder)
        """What the model is; see `ModelCard`."""
        self._path = folder / self.card.graph_file
        self._session = _open_session(self._path, _read_graph(self._path, self.card))
        _check_graph(self._path, self.card, self._session)

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

    def scores(self, windows: Float32) -> Float32:
        """Score windows; each row is bit-identical whatever else is in the batch.

        windows: (N, frames, bands) float32 as the card's front end makes them. Returns (N, labels)
        float32, 0 to 1. Raises ValueError for another shape, NaN or infinities.
        """
        return self.outputs(windows, [self._main_head.output])[0]

    def analyse(self, windows: Float32) -> list[Scores]:
        """Give genre, gate and tags of each window, in double precision, distributions summing to 1."""
        genre = self.card.genre
        if genre is None:
            raise ModelError(
                f"{self.card.path}: this model gives tags, not genres; choose another to listen with"
            )
        columns = self.outputs(windows, [head.output for head in self.card.heads])
        by_output = dict(zip((head.output for head in self.card.heads), columns, strict=True))
        return [_scores(self.card, by_output, row) for row in range(len(columns[0]))]

    def outputs(self, windows: Float32, names: Sequence[str]) -> list[Float32]:
        """Run the graph for outputs by name; windows as for `scores`.

        One run a window: the sums inside some operators depend on where a row lies in memory, and
        a batch is no quicker on one thread.
        """
        self._check_windows(windows)
        rows = [self._run(windows[row : row + 1], names) for row in range(len(windows))]
        if not rows:
            return [self._empty(name) for name in names]
        return [np.concatenate(column) for column in zip(*rows, strict=True)]

    @property
    def _main_head(self) -> Head:
        head = self.card.genre or self.card.tags
        assert head is not None
        return head

    def _run(self, window: Float32, names: Sequence[str]) -> list[Float32]:
        try:
            return cast("list[Float32]", self._session.run(list(names), {self.card.input_name: window}))
        except _RUNTIME_ERRORS as error:
            raise ModelError(f"{self._path}: the model failed on a window: {_first_line(error)}") from error

    def _empty(self, name: str) -> Float32:
        shape = next(output.shape for output in self._session.get_outputs() if output.name == name)
        return np.empty((0, *(int(size) for size in shape[1:])), np.float32)

    def _check_windows(self, windows: Float32) -> None:
        expected = (self.front_end.window_frames, self.front_end.log_mel.n_mels)
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


def _read_graph(path: Path, card: ModelCard) -> bytes:
    try:
        graph = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: cannot read the model's graph ({error.strerror}); install the model again"
        ) from error
    found = hashlib.sha256(graph).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"{path}: damaged or replaced: {card.path.name} says sha256 {card.sha256[:12]}…, the file has "
            f"{found[:12]}…; install the model again"
        )
    return graph


def _open_session(path: Path, graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except _RUNTIME_ERRORS as error:
        raise ModelError(
            f"{path}: ONNX Runtime {onnxruntime.__version__} refuses the graph: {_first_line(error)}; "
            "update onnxruntime or install the model again"
        ) from error


def _check_graph(path: Path, card: ModelCard, session: onnxruntime.InferenceSession) -> None:
    settings = card.front_end
    window = (settings.window_frames, settings.log_mel.n_mels)
    _check_tensor(path, "input", card.input_name, window, session.get_inputs())
    for head in card.heads:
        _check_tensor(path, "output", head.output, (len(head.labels),), session.get_outputs())
    outputs = [output.name for output in session.get_outputs()]
    for name in card.tolerance:
        if name not in outputs:
            raise ModelError(
                f"{card.path}: tolerance.{name}: expected one of {', '.join(outputs)}, found {name!r}"
            )


def _check_tensor(
    path: Path, kind: str, name: str, row_shape: tuple[int, ...], tensors: Sequence[_GraphTensor]
) -> None:
    tensor = next((tensor for tensor in tensors if tensor.name == name), None)
    if tensor is None:
        names = ", ".join(tensor.name for tensor in tensors)
        raise ModelError(f"{path}: {kind} {name}: the card names it, the graph has {names}")
    any_batch = not isinstance(tensor.shape[0], int) if tensor.shape else False
    if tensor.type != "tensor(float)" or tuple(tensor.shape[1:]) != row_shape or not any_batch:
        expected = "(N, " + ", ".join(map(str, row_shape)) + ")"
        raise ModelError(
            f"{path}: {kind} {name}: by the card expected tensor(float) {expected}, "
            f"found {tensor.type} {tensor.shape}"
        )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
