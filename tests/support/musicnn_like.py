"""A small graph with inputs and outputs as Essentia's musicnn exports, metadata laid out like theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.graph import GraphBuilder

GENRES = ("Waltz", "Polka", "Tango")


def musicnn_like_graph(
    operator: str = "Softmax",
    labels: int = len(GENRES),
    window: tuple[int, int] = (187, 96),
    names: tuple[str, str] = ("model/Placeholder", ""),
) -> bytes:
    """Average over the frames, then one dense layer; the embedding is an output too, as in theirs."""
    given, found = names[0], names[1] or f"model/{operator}"
    graph = GraphBuilder()
    kernel = np.random.default_rng(3).normal(size=(window[1], labels)).astype(np.float32)
    mean = graph.node("ReduceMean", [given], "model/dense/BiasAdd", axes=[1], keepdims=0)
    logits = graph.node("MatMul", [mean, graph.constant("kernel", kernel)], "logits")
    graph.node(operator, [logits], found)
    outputs = {found: ("N", labels), mean: ("N", window[1])}
    return graph.model("musicnn-like", {given: ("N", *window)}, outputs)


def metadata(operator: str = "Softmax", classes: Sequence[str] = GENRES, **changes: Any) -> dict[str, Any]:
    """Give metadata with the keys that theirs has."""
    values: dict[str, Any] = {
        "name": "Ballroom dances",
        "type": "multi-class classifier",
        "link": "https://models.example/ballroom-musicnn-1.onnx",
        "version": "1",
        "description": "which dance a piece is for",
        "author": "A. Dancer",
        "email": "dancer@models.example",
        "release_date": "2024-05-06",
        "framework": "tensorflow",
        "classes": list(classes),
        "model_types": ["frozen_model"],
        "dataset": {"name": "Ballroom clips", "size": "30 clips", "metrics": {"5-fold accuracy": 0.61}},
        "schema": {
            "inputs": [{"name": "model/Placeholder", "type": "float", "shape": [187, 96]}],
            "outputs": [
                {
                    "name": f"model/{operator}",
                    "type": "float",
                    "shape": [1, len(classes)],
                    "op": operator,
                    "output_purpose": "predictions",
                },
                {
                    "name": "model/dense/BiasAdd",
                    "type": "float",
                    "shape": [1, 96],
                    "op": "fully connected",
                    "output_purpose": "embeddings",
                },
            ],
        },
        "inference": {"sample_rate": 16000, "algorithm": "TensorflowPredictMusiCNN"},
    }
    return values | changes


def write_musicnn_like(
    folder: Path, stem: str = "ballroom-musicnn-1", graph: bytes | None = None, **changes: Any
) -> Path:
    """Write graph and metadata side by side; give the graph's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.json").write_text(json.dumps(metadata(**changes)))
    path = folder / f"{stem}.onnx"
    path.write_bytes(
        musicnn_like_graph(**{key: changes[key] for key in changes if key == "operator"})
        if graph is None
        else graph
    )
    return path
