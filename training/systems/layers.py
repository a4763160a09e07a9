"""A network as its recipe lists it: from lines to torch modules, and on to a graph.

| line | what it does |
|---|---|
| `dense 64` | weights and a bias; the last line is `dense labels`, its softmax is implied |
| `conv 32 3x3`, `conv 32 2x2 stride 2`, `conv 8 3x3 valid` | filters; zeros keep the size unless `valid` |
| `pool 2x4`, `pool 2x2 stride 1` | maximum over height×width; the stride is the size unless given |
| `batchnorm` | over a batch; folded into the weights before it once training is over |
| `relu`, `flatten`, `dropout 0.5` | |

What may stand before them is told in `input_layers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

from streamgenre.errors import UsageError
from training.graph import GraphBuilder
from training.systems.input_layers import INPUT_LAYERS, Roll
from training.systems.learnt_layers import BatchNorm, Conv, Dense, Dropout, Flatten, Pool, Relu

Shape = tuple[int, ...]
"""Of one row."""
WINDOWS, GENRE = "windows", "genre"


def build_network(lines: Sequence[str], shape: Shape, live_frames: int, labels: int) -> nn.Sequential:
    """Make the layers for rows of `shape` (frames, bands); raises UsageError for a line that does not fit.

    live_frames: how many frames a window has live, where the rows are columns picked from it.
    """
    if not lines or lines[-1] != "dense labels":
        raise UsageError("estimator.layers: the last line must be `dense labels`")
    network = nn.Sequential()
    for line in lines:
        layer, shape = _layer(line.replace("labels", str(labels)), shape, live_frames)
        network.append(layer)
    return network


def finished(network: nn.Sequential, *, half: bool) -> nn.Sequential:
    """Copy a trained network with batch normalisation folded into the weights.

    half: weights are rounded to what float16 can hold, and exported so.
    """
    layers: list[nn.Module] = []
    for layer in network:
        if isinstance(layer, BatchNorm) and layers and isinstance(layers[-1], Conv | Dense):
            layers[-1] = layers[-1].normalised(layer)
        elif not isinstance(layer, Dropout | Roll):
            layers.append(layer)
    if half:
        layers = [layer.halved() if isinstance(layer, Conv | Dense) else layer for layer in layers]
    return nn.Sequential(*layers).eval()


def export_network(network: nn.Sequential, window: Shape, labels: int, name: str) -> bytes:
    """Write a finished network as a graph: `windows` (N, frames, bands) → `genre` (N, labels)."""
    graph = GraphBuilder()
    value = WINDOWS
    for index, layer in enumerate(network):
        value = layer.nodes(graph, value, f"{index}_{type(layer).__name__.lower()}")
    graph.node("Softmax", [value], GENRE, axis=1)
    return graph.model(name, {WINDOWS: ("N", *window)}, {GENRE: ("N", labels)})


def _layer(line: str, shape: Shape, live_frames: int) -> tuple[nn.Module, Shape]:
    kind, *words = line.split() or [""]
    makers = INPUT_LAYERS | _LAYERS
    if kind not in makers:
        raise UsageError(f"estimator.layers: {line!r}: unknown layer; known are {', '.join(makers)}")
    try:
        layer = makers[kind](words, shape, live_frames).eval()
        with torch.no_grad():
            return layer, tuple(layer(torch.zeros(1, *shape)).shape[1:])
    except (RuntimeError, ValueError, IndexError) as error:
        raise UsageError(f"estimator.layers: {line!r} after rows of {shape}: {error}") from None


def _conv(words: Sequence[str], shape: Shape, _: int) -> nn.Module:
    if len(shape) != 3:
        raise ValueError("rows are no pictures; `image` or `picture` makes them so")
    return Conv(shape, int(words[0]), _size(words[1]), _stride(words) or (1, 1), padded="valid" not in words)


def _pool(words: Sequence[str], _: Shape, __: int) -> nn.Module:
    size = _size(words[0])
    return Pool(size, _stride(words) or size)


def _dense(words: Sequence[str], shape: Shape, _: int) -> nn.Module:
    if len(shape) != 1:
        raise ValueError("rows are not flat; `flatten` makes them so")
    return Dense(shape[0], int(words[0]))


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None:
        raise ValueError(f"expected height×width such as 2x4, found {text!r}")
    return int(match[1]), int(match[2])


def _stride(words: Sequence[str]) -> tuple[int, int] | None:
    if "stride" not in words:
        return None
    text = words[words.index("stride") + 1]
    return _size(text if "x" in text else f"{text}x{text}")


_Maker = Callable[[Sequence[str], Shape, int], nn.Module]
_LAYERS: Mapping[str, _Maker] = {
    "dense": _dense,
    "conv": _conv,
    "pool": _pool,
    "batchnorm": lambda _, shape, __: BatchNorm(shape),
    "relu": lambda *_: Relu(),
    "flatten": lambda *_: Flatten(),
    "dropout": lambda words, *_: Dropout(float(words[0])),
}
