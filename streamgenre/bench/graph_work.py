"""How much arithmetic a graph does for one window: counted by ONNX Runtime as it runs it unchanged."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import onnxruntime

from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.messages import Window

Shape = list[int]
Feeds = dict[str, Any]

_ERRORS_ONLY = 3


def whole_and_streamed(model: OnnxModel, windows: list[Window], names: list[str]) -> tuple[int, int]:
    """Multiply-adds of the second of two windows: by itself, and after the first."""
    scorer = model.stream()
    scorer.outputs(windows[0], names)
    alone = _fed(model, lambda: model.outputs(windows[1].features[None], names))
    after = _fed(model, lambda: scorer.outputs(windows[1], names))
    return _multiply_adds(model, *alone), _multiply_adds(model, *after)


class _Recorder:
    """Stands in for a session and notes what it is asked."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self.asked: tuple[list[str], Feeds] = ([], {})

    def run(self, names: list[str], feeds: Feeds) -> Any:  # noqa: ANN401  # as the session's
        self.asked = (names, feeds)
        return self._session.run(names, feeds)


def _fed(model: OnnxModel, decide: Callable[[], object]) -> tuple[list[str], Feeds]:
    """What the graph is given for a decision: only the model knows what it hands from window to window."""
    session = model._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    recorder = _Recorder(session)
    model._session = cast("onnxruntime.InferenceSession", recorder)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    try:
        decide()
    finally:
        model._session = session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return recorder.asked


def _multiply_adds(model: OnnxModel, names: list[str], feeds: Feeds) -> int:
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        options.log_severity_level = _ERRORS_ONLY
        graph = model.card.path.with_name(model.card.graph_file)
        session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        session.run(names, feeds)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return sum(map(_of_node, _nodes(events)))


def _nodes(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event["args"] for event in events if event.get("args", {}).get("output_type_shape")]


def _of_node(node: dict[str, Any]) -> int:
    inputs, outputs = _shapes(node["input_type_shape"]), _shapes(node["output_type_shape"])
    match node["op_name"]:
        case "Conv":
            return math.prod(outputs[0]) * math.prod(inputs[1][1:])
        case "MatMul":
            return math.prod(outputs[0]) * inputs[0][-1]
        case "Gemm":
            return math.prod(inputs[0]) * outputs[0][-1]
        case _:
            return 0


def _shapes(types: list[dict[str, Shape]]) -> list[Shape]:
    return [shape for kind in types for shape in kind.values()]
