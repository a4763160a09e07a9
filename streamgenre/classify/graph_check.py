"""Whether a graph is the one its card describes; each mismatch is named with both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from streamgenre.classify.model_card import FrameContext, ModelCard
from streamgenre.errors import ModelError

_FLOAT, _INT64 = "tensor(float)", "tensor(int64)"


class GraphTensor(Protocol):
    """What ONNX Runtime says of an input or output."""

    name: str
    type: str
    shape: Sequence[int | str | None]


@dataclass(frozen=True, slots=True)
class _Expected:
    name: str
    row_shape: tuple[int, ...]
    """Without the number of windows, which must be free."""


def check_graph(
    path: Path, card: ModelCard, inputs: Sequence[GraphTensor], outputs: Sequence[GraphTensor]
) -> None:
    """Compare names, types and shapes of the graph in `path` with its card; raises ModelError."""
    settings, context = card.front_end, card.frame_context
    window = _Expected(card.input_name, (settings.window_frames, settings.log_mel.n_mels))
    _check_tensor(path, "input", window, inputs)
    for head in card.heads:
        _check_tensor(path, "output", _Expected(head.output, (len(head.labels),)), outputs)
    if context is not None:
        _check_frame_context(path, context, settings.window_frames, inputs, outputs)
    _check_no_input_is_left(path, card, inputs)
    names = [output.name for output in outputs]
    for name in card.tolerance:
        if name not in names:
            raise ModelError(
                f"{card.path}: tolerance.{name}: expected one of {', '.join(names)}, found {name!r}"
            )


def _check_frame_context(
    path: Path,
    context: FrameContext,
    window_frames: int,
    inputs: Sequence[GraphTensor],
    outputs: Sequence[GraphTensor],
) -> None:
    shape = (context.width, window_frames)
    _check_tensor(path, "output", _Expected(context.output, shape), outputs)
    _check_tensor(path, "input", _Expected(context.input, shape), inputs)
    counter = _find(path, "input", context.new_frames, inputs)
    if counter.type != _INT64 or list(counter.shape) != [1]:
        raise ModelError(
            f"{path}: input {counter.name}: by the card's frame_context.new_frames expected {_INT64} (1,), "
            f"found {counter.type} {counter.shape}"
        )


def _check_no_input_is_left(path: Path, card: ModelCard, inputs: Sequence[GraphTensor]) -> None:
    known = {card.input_name}
    if card.frame_context is not None:
        known |= {card.frame_context.input, card.frame_context.new_frames}
    for tensor in inputs:
        if tensor.name not in known:
            raise ModelError(
                f"{path}: input {tensor.name}: the graph asks for it, the card names only "
                f"{', '.join(sorted(known))}; is frame_context missing or wrong in {card.path.name}?"
            )


def _check_tensor(path: Path, kind: str, expected: _Expected, tensors: Sequence[GraphTensor]) -> None:
    tensor = _find(path, kind, expected.name, tensors)
    any_batch = not isinstance(tensor.shape[0], int) if tensor.shape else False
    if tensor.type != _FLOAT or tuple(tensor.shape[1:]) != expected.row_shape or not any_batch:
        shape = "(N, " + ", ".join(map(str, expected.row_shape)) + ")"
        raise ModelError(
            f"{path}: {kind} {expected.name}: by the card expected {_FLOAT} {shape}, "
            f"found {tensor.type} {tensor.shape}"
        )


def _find(path: Path, kind: str, name: str, tensors: Sequence[GraphTensor]) -> GraphTensor:
    tensor = next((tensor for tensor in tensors if tensor.name == name), None)
    if tensor is None:
        names = ", ".join(tensor.name for tensor in tensors)
        raise ModelError(f"{path}: {kind} {name}: the card names it, the graph has {names}")
    return tensor
