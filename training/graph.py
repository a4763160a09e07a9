"""A thin builder of ONNX graphs with fixed, readable names and reproducible bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shapes = Mapping[str, Sequence[int | str]]

OPSET = 17
IR_VERSION = 8


class GraphBuilder:
    """Collects nodes and constants; every tensor is named after the node that makes it."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray[np.generic] | Sequence[int]) -> str:
        """Keep an array (a sequence of integers becomes int64) under `name`, which is returned."""
        array = np.ascontiguousarray(values) if isinstance(values, np.ndarray) else np.array(values, np.int64)
        if name in self._constants:
            raise ValueError(f"two constants are called {name}")
        self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def node(self, operator: str, inputs: Sequence[str], name: str, **attributes: object) -> str:
        """Add one node; its only output is called `name`, which is returned."""
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name, **attributes))
        return name

    def model(
        self,
        name: str,
        inputs: Shapes,
        outputs: Shapes,
        integer_inputs: Shapes | None = None,
    ) -> bytes:
        """Check and serialise the graph; inputs and outputs are float32 with the shapes given, or int64."""
        given = _values(inputs, TensorProto.FLOAT) + _values(integer_inputs or {}, TensorProto.INT64)
        found = _values(outputs, TensorProto.FLOAT)
        graph = helper.make_graph(self._nodes, name, given, found, list(self._constants.values()))
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(
            graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="streamgenre"
        )
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


def _values(shapes: Shapes, kind: int) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, kind, list(shape)) for name, shape in shapes.items()]
