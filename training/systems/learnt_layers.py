"""The layers of the papers' networks, each as a torch module and as ONNX nodes side by side."""

from __future__ import annotations

from copy import deepcopy
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.graph import GraphBuilder

Pair = tuple[int, int]
"""Height and width."""


class _Weighted(nn.Module):
    """Weights and a bias; outputs run along the first axis of the weights."""

    weight: nn.Parameter
    bias: nn.Parameter
    half = False

    def normalised(self, norm: BatchNorm) -> Self:
        """Give a copy that does what this and `norm` after it do."""
        copy = deepcopy(self)
        scale, shift = norm.scale_and_shift()
        copy.weight.data = self.weight.data * scale.reshape(-1, *[1] * (self.weight.ndim - 1))
        copy.bias.data = self.bias.data * scale + shift
        return copy

    def halved(self) -> Self:
        """Give a copy whose weights are rounded to float16, and kept so in a graph."""
        copy = deepcopy(self)
        copy.weight.data = self.weight.data.half().float()
        copy.half = True
        return copy

    def constants(self, graph: GraphBuilder, name: str) -> list[str]:
        """Put weights and bias into the graph; give their names."""
        weight, bias = values_of(self.weight), graph.constant(f"{name}_bias", values_of(self.bias))
        if not self.half:
            return [graph.constant(f"{name}_weight", weight), bias]
        kept = graph.constant(f"{name}_weight_half", weight.astype(np.float16))
        return [graph.node("Cast", [kept], f"{name}_weight", to=1), bias]


class Conv(_Weighted, nn.Conv2d):
    """Filters over (channels, height, width)."""

    def __init__(
        self, shape: tuple[int, ...], filters: int, size: Pair, stride: Pair, *, padded: bool
    ) -> None:
        super().__init__(shape[0], filters, size, stride)
        rows, columns = (
            _padding(*axis) if padded else (0, 0) for axis in zip(shape[1:], size, stride, strict=True)
        )
        self._before = rows[0], columns[0]
        self._after = rows[1], columns[1]
        if self._before == self._after:
            self.padding = self._before

    def forward(self, rows: Tensor) -> Tensor:
        if self._before != self._after:
            (top, left), (bottom, right) = self._before, self._after
            rows = nn.functional.pad(rows, (left, right, top, bottom))
        return super().forward(rows)

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        inputs = [value, *self.constants(graph, name)]
        return graph.node("Conv", inputs, name, pads=[*self._before, *self._after], strides=list(self.stride))


class Dense(_Weighted, nn.Linear):
    """Every input to every output."""

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        return graph.node("Gemm", [value, *self.constants(graph, name)], name, transB=1)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation of each channel of a picture, or each value of a flat row."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(shape[0])
        self._ones = [1] * (len(shape) - 1)

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002  torch calls it so
        if input.ndim not in {2, 4}:
            raise ValueError("rows are neither flat nor pictures")

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        """Give what it comes down to once training is over."""
        assert self.running_var is not None
        assert self.running_mean is not None
        scale = self.weight.data / torch.sqrt(self.running_var + self.eps)
        return scale, self.bias.data - self.running_mean * scale

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        scale, shift = (part.reshape(-1, *self._ones) for part in self.scale_and_shift())
        scaled = graph.node(
            "Mul", [value, graph.constant(f"{name}_scale", values_of(scale))], f"{name}_scaled"
        )
        return graph.node("Add", [scaled, graph.constant(f"{name}_shift", values_of(shift))], name)


class Pool(nn.MaxPool2d):
    """The maximum over height×width."""

    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        return graph.node("MaxPool", [value], name, kernel_shape=self.kernel_size, strides=self.stride)


class Relu(nn.ReLU):
    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        return graph.node("Relu", [value], name)


class Flatten(nn.Flatten):
    def nodes(self, graph: GraphBuilder, value: str, name: str) -> str:
        return graph.node("Flatten", [value], name, axis=1)


class Dropout(nn.Dropout):
    """Only while training: nothing of it is left in a finished network."""


def values_of(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().contiguous().numpy()


def _padding(length: int, size: int, stride: int) -> Pair:
    """Zeros before and after that make ceil(length / stride) steps."""
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    return total // 2, total - total // 2
