"""What happens to a window before a network learns from it; a part of the graph, so that it runs live alike.

| line | what it does |
|---|---|
| `columns 496` | picks this many of a window's frames, as the 8-bit spectrograms did |
| `level mean` | subtracts the window's own mean: loudness, taken out in the log domain |
| `level max 80` | decibels below the window's own maximum, at most 80 |
| `standardise` | each band to mean 0 and deviation 1 over the training rows |
| `roll` | while training, each window begins at another frame, what is cut off coming last |
| `image` | (frames, bands) → a picture of one channel, bands down and frames across |
| `picture 288x432 magma` | a picture in colours, with margins, as a plot is saved; see `rendering` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from training.graph import GraphBuilder
from training.systems.arrays import picked_frames
from training.systems.learnt_layers import values_of
from training.systems.rendering import Picture


class Columns(nn.Module):
    """Picks frames of a live window; rows of a training set have them picked already."""

    def __init__(self, columns: int, live_frames: int) -> None:
        super().__init__()
        if columns > live_frames:
            raise ValueError(f"a window has {live_frames} frames")
        self._live_frames = live_frames
        self.register_buffer(
            "picked", torch.from_numpy(picked_frames(columns, live_frames)), persistent=False
        )

    def forward(self, rows: Tensor) -> Tensor:
        picked: Tensor = self.picked
        if rows.shape[1] == len(picked):
            return rows
        if rows.shape[1] != self._live_frames:
            raise ValueError(f"expected {len(picked)} or {self._live_frames} frames, found {rows.shape[1]}")
        return rows.index_select(1, picked)

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        return graph.node(
            "Gather", [value, graph.constant(f"{name}_picked", self.picked.numpy())], name, axis=1
        )


class MeanLevel(nn.Module):
    """Subtracts the mean of all values."""

    def forward(self, rows: Tensor) -> Tensor:
        return rows - rows.mean((1, 2), keepdim=True)

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        mean = graph.node("ReduceMean", [value], f"{name}_mean", axes=[1, 2])
        return graph.node("Sub", [value, mean], name)


class PeakLevel(nn.Module):
    """Relative to the greatest value, and not further below it than `depth`."""

    def __init__(self, depth: float) -> None:
        super().__init__()
        self._depth = depth

    def forward(self, rows: Tensor) -> Tensor:
        return (rows - rows.amax((1, 2), keepdim=True)).clamp_min(-self._depth)

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        peak = graph.node("ReduceMax", [value], f"{name}_peak", axes=[1, 2])
        below = graph.node("Sub", [value, peak], f"{name}_below")
        floor = graph.constant(f"{name}_floor", np.array([-self._depth], np.float32))
        return graph.node("Max", [below, floor], name)


class Standardise(nn.Module):
    """Each band by a mean and a deviation learnt once, before training."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("scale", torch.ones(bands))

    def learn(self, rows: Tensor) -> None:
        """Take mean and deviation of each band over all frames of all rows; a constant band is left at 0."""
        values = rows.reshape(-1, rows.shape[-1])
        mean = values.mean(0, dtype=torch.float64)
        deviation = torch.sqrt(((values - mean.float()) ** 2).mean(0, dtype=torch.float64))
        self.mean = mean.float()
        self.scale = torch.where(deviation > 1e-8, 1.0 / deviation.clamp_min(1e-8), 0.0).float()

    def forward(self, rows: Tensor) -> Tensor:
        return (rows - self.mean) * self.scale

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        mean = graph.constant(f"{name}_mean", values_of(self.mean))
        centred = graph.node("Sub", [value, mean], f"{name}_centred")
        return graph.node("Mul", [centred, graph.constant(f"{name}_scale", values_of(self.scale))], name)


class Roll(nn.Module):
    """Begins each window elsewhere while training: nothing of it is left in a finished network."""

    def forward(self, rows: Tensor) -> Tensor:
        if not self.training:
            return rows
        frames = rows.shape[1]
        first = torch.randint(frames, (len(rows), 1))
        picked = (first + torch.arange(frames)) % frames
        return rows.gather(1, picked.unsqueeze(2).expand_as(rows))


class Image(nn.Module):
    """(N, frames, bands) → (N, 1, bands, frames)."""

    def forward(self, rows: Tensor) -> Tensor:
        return rows.transpose(1, 2).unsqueeze(1)

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        turned = graph.node("Transpose", [value], f"{name}_turned", perm=[0, 2, 1])
        return graph.node("Unsqueeze", [turned, graph.constant(f"{name}_axis", [1])], name)


def _level(words: Sequence[str], *_: object) -> nn.Module:
    if words == ["mean"]:
        return MeanLevel()
    if len(words) == 2 and words[0] == "max":
        return PeakLevel(float(words[1]))
    raise ValueError("expected `level mean` or `level max DECIBELS`")


def _picture(words: Sequence[str], shape: tuple[int, ...], _: int) -> nn.Module:
    height, width = (int(number) for number in words[0].split("x"))
    return Picture(shape, height, width, words[1])


INPUT_LAYERS: Mapping[str, Callable[[Sequence[str], tuple[int, ...], int], nn.Module]] = {
    "columns": lambda words, _, live_frames: Columns(int(words[0]), live_frames),
    "level": _level,
    "standardise": lambda _, shape, __: Standardise(shape[-1]),
    "roll": lambda *_: Roll(),
    "image": lambda *_: Image(),
    "picture": _picture,
}
