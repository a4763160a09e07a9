"""Musicnn as ONNX nodes, in two parts that meet at one tensor.

`<prefix>/frame/…` is what a frame and its three neighbours on each side decide alone: timbral
convolutions and their maximum over frequency. `<prefix>/window/…` needs the whole window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.graph import GraphBuilder
from training.musicnn_weights import Affine, Convolution, MusicnnWeights

WINDOW_FRAMES = 187
BANDS = 96


@dataclass(frozen=True, slots=True)
class MusicnnTensors:
    """Names of the tensors that musicnn offers."""

    timbral: str
    """(N, 408, frames): the only thing that goes from the frame part to the window part, beside the input."""
    tags: str
    logits: str
    penultimate: str
    mean_pool: str
    max_pool: str


class MusicnnGraph:
    """Adds one musicnn to a graph, every name under a prefix."""

    def __init__(self, graph: GraphBuilder, weights: MusicnnWeights, prefix: str) -> None:
        self._graph = graph
        self._weights = weights
        self._prefix = prefix

    def build(self, windows: str) -> MusicnnTensors:
        """windows: name of a tensor (N, 187, 96) float32."""
        timbral = self._frame_part(windows)
        features = self._window_features(windows, timbral)
        max_pool = self._add("ReduceMax", [features], "window/max_pool", axes=[2], keepdims=0)
        mean_pool = self._add("ReduceMean", [features], "window/mean_pool", axes=[2], keepdims=0)
        penultimate = self._penultimate(max_pool, mean_pool)
        kernel = self._constant("window/tags/kernel", self._weights.tag_kernel)
        bias = self._constant("window/tags/bias", self._weights.tag_bias)
        logits = self._add("Gemm", [penultimate, kernel, bias], "window/logits")
        tags = self._add("Sigmoid", [logits], "window/tags")
        return MusicnnTensors(timbral, tags, logits, penultimate, mean_pool, max_pool)

    def _frame_part(self, windows: str) -> str:
        plane = self._plane(windows, "frame")
        parts = [
            self._over_frequency(plane, layer, (3, 3), f"frame/timbral{number}")
            for number, layer in enumerate(self._weights.timbral)
        ]
        return self._add("Concat", parts, "frame/timbral", axis=1)

    def _window_features(self, windows: str, timbral: str) -> str:
        plane = self._plane(windows, "window")
        temporal = [
            self._over_frequency(plane, layer, _same_padding(layer), f"window/temporal{number}")
            for number, layer in enumerate(self._weights.temporal)
        ]
        front = self._add("Concat", [timbral, *temporal], "window/front", axis=1)
        first = self._middle(front, 0)
        second = self._add("Add", [self._middle(first, 1), first], "window/second")
        third = self._add("Add", [self._middle(second, 2), second], "window/third")
        return self._add("Concat", [front, first, second, third], "window/features", axis=1)

    def _plane(self, windows: str, part: str) -> str:
        """(N, frames, bands) → (N, 1, frames, bands), normalised."""
        axes = self._constant(f"{part}/channel_axis", [1])
        plane = self._add("Unsqueeze", [windows, axes], f"{part}/plane")
        return self._affine(plane, self._weights.input_norm, f"{part}/normal", trailing_axes=2)

    def _over_frequency(self, plane: str, layer: Convolution, padding: tuple[int, int], name: str) -> str:
        """Convolve, rectify, normalise and take the maximum over frequency: (N, out, frames).

        The maximum is taken first, which gives the same bits: rectifying and a rising affine map
        keep the order. Where the map falls, the filter's sign is turned for the maximum.
        """
        sign = np.where(layer.norm.scale < 0, -1, 1).astype(np.float32)
        kernel = self._constant(
            f"{name}/kernel", layer.kernel.transpose(3, 2, 0, 1) * sign[:, None, None, None]
        )
        bias = self._constant(f"{name}/bias", layer.bias * sign)
        pads = [padding[0], 0, padding[1], 0]
        response = self._add("Conv", [plane, kernel, bias], f"{name}/response", pads=pads)
        peak = self._add("ReduceMax", [response], f"{name}/peak", axes=[3], keepdims=0)
        turned = self._add("Mul", [peak, self._constant(f"{name}/sign", sign[:, None])], f"{name}/turned")
        rectified = self._add("Relu", [turned], f"{name}/rectified")
        return self._affine(rectified, layer.norm, f"{name}/normal", trailing_axes=1)

    def _middle(self, features: str, number: int) -> str:
        layer, name = self._weights.middle[number], f"window/middle{number}"
        kernel = self._constant(f"{name}/kernel", layer.kernel[:, :, 0].transpose(2, 1, 0))
        inputs = [features, kernel, self._constant(f"{name}/bias", layer.bias)]
        response = self._add("Conv", inputs, f"{name}/response", pads=[3, 3])
        rectified = self._add("Relu", [response], f"{name}/rectified")
        return self._affine(rectified, layer.norm, f"{name}/normal", trailing_axes=1)

    def _penultimate(self, max_pool: str, mean_pool: str) -> str:
        """Put the dense layer on maximum and mean; the checkpoint interleaves the two, we do not."""
        kernel, norm = _deinterleave(self._weights.dense_kernel), self._weights.pool_norm
        pools = self._add("Concat", [max_pool, mean_pool], "window/pools", axis=1)
        normal = self._affine(
            pools, Affine(_deinterleave(norm.scale), _deinterleave(norm.offset)), "window/pools/normal"
        )
        inputs = [
            normal,
            self._constant("window/dense/kernel", kernel),
            self._constant("window/dense/bias", self._weights.dense_bias),
        ]
        dense = self._add("Relu", [self._add("Gemm", inputs, "window/dense")], "window/dense/rectified")
        return self._affine(dense, self._weights.dense_norm, "window/penultimate")

    def _affine(self, values: str, affine: Affine, name: str, trailing_axes: int = 0) -> str:
        shape = (-1,) + (1,) * trailing_axes
        scale = self._constant(f"{name}/scale", affine.scale.reshape(shape))
        offset = self._constant(f"{name}/offset", affine.offset.reshape(shape))
        return self._add("Add", [self._add("Mul", [values, scale], f"{name}/scaled"), offset], name)

    def _add(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        return self._graph.node(operator, inputs, f"{self._prefix}/{name}", **attributes)

    def _constant(self, name: str, values: object) -> str:
        return self._graph.constant(f"{self._prefix}/{name}", values)


def _same_padding(layer: Convolution) -> tuple[int, int]:
    total = layer.kernel.shape[0] - 1
    return total // 2, total - total // 2


def _deinterleave(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0::2], values[1::2]])
