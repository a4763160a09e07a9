"""Whether a graph is the one its card describes; each mismatch is named with both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from streamgenre.classify.model_card import FrameContext, ModelCard
from streamgenre.errors import ModelError

_FLOAT, _INT64 = "tensor(float)", "tensor(int64)"
_RATE_KEYS = ("sample_rate_hz", "sample_rate", "sampling_rate")


class GraphTensor(Protocol):
    """What ONNX Runtime says of an input or output."""

    name: str
    type: str
    shape: Sequence[int | str | None]


@dataclass(frozen=True, slots=True)
class _Expected:
    name: str
    row_shape: tuple[int, ...]
    """Without the number of windows, which must be free or 1."""


def check_graph(
    path: Path, card: ModelCard, inputs: Sequence[GraphTensor], outputs: Sequence[GraphTensor]
) -> None:
    """Compare names, types and shapes of the graph in `path` with its card; raises ModelError."""
    settings, context = card.front_end, card.frame_context
    window = _Expected(card.input_name, (settings.window_frames, settings.frames.bands))
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


def check_sample_rate(path: Path, card: ModelCard, notes: Mapping[str, str]) -> None:
    """Compare the rate of the card with the one its exporter noted in the graph, where there is one."""
    rate = card.front_end.frames.sample_rate_hz
    for key in _RATE_KEYS:
        noted = notes.get(key, "")
        if noted.strip().isdigit() and int(noted) != rate:
            raise ModelError(
                f"{path}: {key}: by the card expected {rate} Hz, the graph was exported for {int(noted)} Hz"
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
    takes_one = bool(tensor.shape) and (not isinstance(tensor.shape[0], int) or tensor.shape[0] == 1)
    if tensor.type != _FLOAT or tuple(tensor.shape[1:]) != expected.row_shape or not takes_one:
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
