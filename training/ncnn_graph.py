"""ncnn layers → ONNX nodes, for networks of dense layers and depthwise convolutions over frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from streamgenre.errors import ModelError
from training.graph import GraphBuilder
from training.ncnn_model import NcnnLayer

_TO_THE_END = -233
_LAST = np.iinfo(np.int64).max


class NcnnGraph:
    """Adds a network to a graph; where ncnn's blobs are (rows, columns), these are (N, rows, columns)."""

    def __init__(self, graph: GraphBuilder, prefix: str) -> None:
        self._graph = graph
        self._prefix = prefix
        self._tensors: dict[str, str] = {}
        self._translations: dict[str, Callable[[NcnnLayer, list[str]], str]] = {
            "Gemm": self._dense,
            "ConvolutionDepthWise1D": self._depthwise,
            "Crop": self._crop,
            "Padding": self._padding,
            "Permute": self._transpose,
            "BinaryOp": self._sum,
            "Split": self._split,
            "ReLU": self._relu,
            "Sigmoid": self._sigmoid,
        }

    def build(self, layers: Sequence[NcnnLayer], features: str) -> str:
        """Put the layers on the tensor `features`; returns the name of the last one's output."""
        for layer in layers:
            if layer.kind == "Input":
                self._tensors[layer.outputs[0]] = features
            else:
                self._add(layer)
        return self._tensors[layers[-1].outputs[0]]

    def _add(self, layer: NcnnLayer) -> None:
        if layer.kind not in self._translations:
            raise ModelError(f"ncnn layer {layer.name}: this converter does not know {layer.kind}")
        missing = [blob for blob in layer.inputs if blob not in self._tensors]
        if missing:
            raise ModelError(f"ncnn layer {layer.name}: no layer before it makes {missing[0]}")
        made = self._translations[layer.kind](layer, [self._tensors[blob] for blob in layer.inputs])
        self._tensors |= dict.fromkeys(layer.outputs, made)

    def _dense(self, layer: NcnnLayer, inputs: list[str]) -> str:
        _expect(layer, {2: 0, 3: 1, 4: 0, 5: 1, 6: 1})
        kernel, *bias = layer.tensors
        product = self._node("MatMul", [*inputs, self._constant(layer, "kernel", kernel.T)], layer, "product")
        if not bias:
            return product
        return self._node("Add", [product, self._constant(layer, "bias", bias[0])], layer)

    def _depthwise(self, layer: NcnnLayer, inputs: list[str]) -> str:
        channels, left = layer.integer(0), layer.integer(4)
        _expect(layer, {2: 1, 3: 1, 5: 0, 7: channels})
        kernel = self._constant(layer, "kernel", layer.tensors[0][:, None, :])
        pads = [left, layer.integer(15, left)]
        return self._node("Conv", [inputs[0], kernel], layer, group=channels, pads=pads)

    def _crop(self, layer: NcnnLayer, inputs: list[str]) -> str:
        starts, ends, axes = (_integers(layer, key) for key in (9, 10, 11))
        bounds = {
            "starts": starts,
            "ends": [_LAST if end == _TO_THE_END else end for end in ends],
            "axes": [axis + 1 for axis in axes],
        }
        constants = [self._constant(layer, name, np.array(values)) for name, values in bounds.items()]
        return self._node("Slice", [*inputs, *constants], layer)

    def _padding(self, layer: NcnnLayer, inputs: list[str]) -> str:
        _expect(layer, {4: 0, 5: 0})
        top, bottom, left, right = (layer.integer(key) for key in range(4))
        pads = self._constant(layer, "pads", np.array([0, top, left, 0, bottom, right]))
        return self._node("Pad", [*inputs, pads], layer)

    def _transpose(self, layer: NcnnLayer, inputs: list[str]) -> str:
        _expect(layer, {0: 1})
        return self._node("Transpose", inputs, layer, perm=[0, 2, 1])

    def _sum(self, layer: NcnnLayer, inputs: list[str]) -> str:
        _expect(layer, {0: 0, 1: 0})
        return self._node("Add", inputs, layer)

    def _split(self, layer: NcnnLayer, inputs: list[str]) -> str:
        del layer
        return inputs[0]

    def _relu(self, layer: NcnnLayer, inputs: list[str]) -> str:
        return self._node("Relu", inputs, layer)

    def _sigmoid(self, layer: NcnnLayer, inputs: list[str]) -> str:
        return self._node("Sigmoid", inputs, layer)

    def _node(
        self, operator: str, inputs: list[str], layer: NcnnLayer, part: str = "", **attributes: object
    ) -> str:
        name = f"{self._prefix}/{layer.name}" + (f"/{part}" if part else "")
        return self._graph.node(operator, inputs, name, **attributes)

    def _constant(self, layer: NcnnLayer, part: str, values: np.ndarray) -> str:
        return self._graph.constant(f"{self._prefix}/{layer.name}/{part}", values)


def _expect(layer: NcnnLayer, settings: dict[int, int]) -> None:
    for key, value in settings.items():
        if layer.integer(key) != value:
            raise ModelError(
                f"ncnn layer {layer.name}: setting {key} of {layer.kind} is {layer.integer(key)}, "
                f"this converter knows {value} alone"
            )


def _integers(layer: NcnnLayer, key: int) -> list[int]:
    value = layer.settings.get(key)
    if not isinstance(value, tuple):
        raise ModelError(f"ncnn layer {layer.name}: setting {key} is no list")
    return [int(number) for number in value]
