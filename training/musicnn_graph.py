"""Musicnn as ONNX nodes, in two parts that meet at one tensor.

`<prefix>/frame/…` gives each frame's peaks, which overlapping windows share. `<prefix>/window/…`
needs the whole window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.graph import GraphBuilder
from training.live_channels import Channels, LiveMusicnn
from training.musicnn_bank import falling_sign
from training.musicnn_frames import WINDOW_FRAMES, MusicnnFrames, PeaksBefore
from training.musicnn_weights import Affine


@dataclass(frozen=True, slots=True)
class MusicnnTensors:
    """Names of the tensors that musicnn offers."""

    peaks: str
    """(N, live channels, 187): all that goes from the frame part to the window part, and to the next one."""
    tags: str
    logits: str
    penultimate: str
    mean_pool: str
    """(N, 753): also of the still channels."""
    max_pool: str
    """(N, 753)"""


class MusicnnGraph:
    """Adds one musicnn to a graph, every name under a prefix."""

    def __init__(self, graph: GraphBuilder, network: LiveMusicnn, prefix: str) -> None:
        self._graph = graph
        self._network = network
        self._weights = network.weights
        self._prefix = prefix

    def build(self, windows: str, before: PeaksBefore) -> MusicnnTensors:
        """windows: name of a tensor (N, 187, 96) float32."""
        peaks = MusicnnFrames(self._graph, self._weights, self._prefix, before).build(windows)
        features = self._window_features(peaks)
        max_pool = self._add("ReduceMax", [features], "window/live/max_pool", axes=[2], keepdims=0)
        mean_pool = self._add("ReduceMean", [features], "window/live/mean_pool", axes=[2], keepdims=0)
        penultimate = self._penultimate(max_pool, mean_pool)
        kernel = self._constant("window/tags/kernel", self._weights.tag_kernel)
        bias = self._constant("window/tags/bias", self._weights.tag_bias)
        logits = self._add("Gemm", [penultimate, kernel, bias], "window/logits")
        tags = self._add("Sigmoid", [logits], "window/tags")
        pools = [self._pool(mean_pool, "mean_pool"), self._pool(max_pool, "max_pool")]
        return MusicnnTensors(peaks, tags, logits, penultimate, *pools)

    def _window_features(self, peaks: str) -> str:
        front = self._front(peaks)
        live = self._middle(front, 0)
        first = self._with_still(live, self._network.first, "window/first", trailing_axes=1)
        second = self._add("Add", [self._middle(live, 1), first], "window/second")
        third = self._add("Add", [self._middle(second, 2), second], "window/third")
        return self._add("Concat", [front, first, second, third], "window/features", axis=1)

    def _front(self, peaks: str) -> str:
        """Rectify and normalise after the maximum, not before it, which gives the same bits.

        Rectifying and a rising affine map keep the order. Where the map falls, the filter's sign is
        turned for the maximum.
        """
        layers = (*self._weights.timbral, *self._weights.temporal)
        sign = np.concatenate([falling_sign(layer) for layer in layers])
        turned = self._add("Mul", [peaks, self._constant("window/sign", sign[:, None])], "window/turned")
        rectified = self._add("Relu", [turned], "window/rectified")
        norm = Affine(
            np.concatenate([layer.norm.scale for layer in layers]),
            np.concatenate([layer.norm.offset for layer in layers]),
        )
        return self._affine(rectified, norm, "window/front", trailing_axes=1)

    def _middle(self, features: str, number: int) -> str:
        layer, name = self._weights.middle[number], f"window/middle{number}"
        kernel = self._constant(f"{name}/kernel", layer.kernel[:, :, 0].transpose(2, 1, 0))
        if number < len(self._network.still_kernels):
            still = self._constant(f"{name}/still", self._still_response(number))
            live = self._add("Conv", [features, kernel], f"{name}/live", pads=[3, 3])
            response = self._add("Add", [live, still], f"{name}/response")
        else:
            bias = self._constant(f"{name}/bias", layer.bias)
            response = self._add("Conv", [features, kernel, bias], f"{name}/response", pads=[3, 3])
        rectified = self._add("Relu", [response], f"{name}/rectified")
        return self._affine(rectified, layer.norm, f"{name}/normal", trailing_axes=1)

    def _still_response(self, number: int) -> np.ndarray:
        """(filters, 187) float32: what still channels add, less where the window ends, and the bias."""
        kernel, inside = self._network.still_kernels[number], np.pad(np.ones(WINDOW_FRAMES), 3)
        taps = [inside[tap : tap + WINDOW_FRAMES] for tap in range(len(kernel))]
        return (kernel.T @ taps + self._weights.middle[number].bias[:, None]).astype(np.float32)

    def _pool(self, pool: str, name: str) -> str:
        """Put the front's still channels between what is pooled: (N, 753)."""
        front = self._network.front
        others = self._weights.dense_kernel.shape[0] // 2 - len(front.live)
        live = np.append(front.live, len(front.constants) + np.arange(others))
        constants = np.append(front.constants, np.zeros(others))
        return self._with_still(pool, Channels(live, constants), f"window/{name}")

    def _with_still(self, live: str, channels: Channels, name: str, trailing_axes: int = 0) -> str:
        """Put constants between live channels: (N, live, …) → (N, channels, …)."""
        place = np.cumsum(channels.alive) - 1
        placed = self._add(
            "Gather", [live, self._constant(f"{name}/place", np.maximum(place, 0))], f"{name}/placed", axis=1
        )
        norm = Affine(channels.alive.astype(np.float32), channels.constants.astype(np.float32))
        return self._affine(placed, norm, name, trailing_axes)

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


def _deinterleave(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0::2], values[1::2]])
