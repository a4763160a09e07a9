"""Expert features at one loudness, as if the sound had been turned up or down: rows and graph alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from training.systems.columns import LIVE_COLUMNS

Float32 = NDArray[np.float32]

_DB_PER_NEPER = 10 / log(10)
_FIRST_MFCC_PER_DB = sqrt(128)
"""The first MFCC is an orthonormal cosine sum over 128 bands in dB: 1 dB more adds √128."""
_LEAST_POWER = 1e-12
_POWER_COLUMNS = ("rms_mean", "rms_var")
_FIRST_MFCC = "mfcc1_mean"


@dataclass(frozen=True, slots=True)
class Levelling:
    """What lies between the front end's columns and the estimator's.

    The mean power of a window is rms_mean² + rms_var, so its level needs no further measurement. Level moves
    rms and the mean of the first MFCC; all other columns stay.
    """

    heard: tuple[str, ...]
    """Columns of the front end: those wanted, and the two that tell the level."""
    wanted: tuple[str, ...]
    """Columns of the estimator."""
    level_dbfs: float
    """RMS level everything is brought to."""

    @classmethod
    def of(cls, wanted: Sequence[str], level_dbfs: float) -> Levelling:
        heard = tuple(column for column in LIVE_COLUMNS if column in {*wanted, *_POWER_COLUMNS})
        return cls(heard, tuple(wanted), level_dbfs)

    def rows(self, heard: NDArray[np.floating]) -> Float32:
        """(rows, frames, heard columns) → (rows, frames, wanted columns) float32."""
        values = heard.astype(np.float64)
        mean, variance = (values[..., self.heard.index(name)] for name in _POWER_COLUMNS)
        gain_nepers = self._target_nepers - np.log(np.maximum(mean**2 + variance, _LEAST_POWER))
        for column, (scale, shift) in self._rules().items():
            found = self.heard.index(column)
            values[..., found] = values[..., found] * np.exp(scale * gain_nepers) + shift * gain_nepers
        return values[..., [self.heard.index(name) for name in self.wanted]].astype(np.float32)

    def graph(self, estimator: bytes) -> bytes:
        """Give the estimator's graph with the same arithmetic before it."""
        model = onnx.ModelProto.FromString(estimator)
        graph = model.graph
        inside = "level/windows"
        for node in graph.node:
            node.input[:] = [inside if name == "windows" else name for name in node.input]
        prefix = _Prefix()
        gain = self._gain(prefix)
        columns = [self._column(prefix, name, gain) for name in self.wanted]
        prefix.node("Concat", columns, inside, axis=2)
        nodes = [*prefix.nodes, *graph.node]
        del graph.node[:]
        graph.node.extend(nodes)
        graph.initializer.extend(prefix.constants)
        graph.input[0].type.tensor_type.shape.dim[2].dim_value = len(self.heard)
        onnx.checker.check_model(model)
        return model.SerializeToString(deterministic=True)

    @property
    def _target_nepers(self) -> float:
        return self.level_dbfs / _DB_PER_NEPER

    def _rules(self) -> dict[str, tuple[float, float]]:
        """By column that level moves: the exponent of a factor, and what a neper of power adds."""
        rules = {
            "rms_mean": (0.5, 0.0),
            "rms_var": (1.0, 0.0),
            _FIRST_MFCC: (0.0, _DB_PER_NEPER * _FIRST_MFCC_PER_DB),
        }
        return {column: rule for column, rule in rules.items() if column in self.wanted}

    def _gain(self, prefix: _Prefix) -> str:
        mean, variance = (prefix.column(name, self.heard.index(name)) for name in _POWER_COLUMNS)
        power = prefix.node("Add", [prefix.node("Mul", [mean, mean], "level/squared"), variance], "level/sum")
        heard = prefix.node("Max", [power, prefix.constant("level/least", _LEAST_POWER)], "level/power")
        target = prefix.constant("level/target", self._target_nepers)
        return prefix.node("Sub", [target, prefix.node("Log", [heard], "level/nepers")], "level/gain")

    def _column(self, prefix: _Prefix, name: str, gain: str) -> str:
        column = prefix.column(name, self.heard.index(name))
        if name not in self._rules():
            return column
        scale, shift = self._rules()[name]
        if shift:
            added = prefix.node(
                "Mul", [gain, prefix.constant(f"level/{name}/shift", shift)], f"level/{name}/by"
            )
            return prefix.node("Add", [column, added], f"level/{name}")
        exponent = prefix.node(
            "Mul", [gain, prefix.constant(f"level/{name}/scale", scale)], f"level/{name}/exponent"
        )
        return prefix.node(
            "Mul", [column, prefix.node("Exp", [exponent], f"level/{name}/factor")], f"level/{name}"
        )


class _Prefix:
    """Nodes before a graph; every tensor is named after the node that makes it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._columns: dict[str, str] = {}

    def constant(self, name: str, value: float) -> str:
        self.constants.append(numpy_helper.from_array(np.float32(value), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name, **attributes))
        return name

    def column(self, name: str, index: int) -> str:
        """Pick one column of the windows, once."""
        if name not in self._columns:
            tensor = numpy_helper.from_array(np.array([index], np.int64), f"heard/{name}/index")
            self.constants.append(tensor)
            self._columns[name] = self.node("Gather", ["windows", tensor.name], f"heard/{name}", axis=2)
        return self._columns[name]
