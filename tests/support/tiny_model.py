"""A small real model in a folder: 4 frames of 3 bands, two genres, gate and tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from streamgenre.settings import FrontEndSettings, LogMelSettings
from training.graph import GraphBuilder
from training.model_folder import ModelDescription, write_model_folder

FRAMES, BANDS = 4, 3
HEADS = {"genre": ("jazz", "rock"), "gate": ("music", "speech", "noise"), "tags": ("guitar", "piano")}
FRONT_END = FrontEndSettings(
    LogMelSettings(sample_rate_hz=8000, n_fft=256, hop_samples=128, n_mels=BANDS), FRAMES
)


def tiny_graph(heads: dict[str, tuple[str, ...]] = HEADS) -> bytes:
    generator = np.random.default_rng(7)
    graph = GraphBuilder()
    flat = graph.node("Flatten", ["windows"], "flat", axis=1)
    for role, labels in heads.items():
        kernel = generator.normal(size=(FRAMES * BANDS, len(labels))).astype(np.float32)
        logits = graph.node("MatMul", [flat, graph.constant(f"{role}/kernel", kernel)], f"{role}/logits")
        if role == "tags":
            graph.node("Sigmoid", [logits], role)
        else:
            graph.node("Softmax", [logits], role, axis=1)
    outputs = {role: ("N", len(labels)) for role, labels in heads.items()}
    return graph.model("tiny", {"windows": ("N", FRAMES, BANDS)}, outputs)


def write_tiny_model(folder: Path, heads: dict[str, tuple[str, ...]] = HEADS, **changes: object) -> Path:
    """Write a model that loads, answers and passes its golden vectors."""
    description = ModelDescription(
        name=folder.name,
        version="1",
        description="a tiny model for tests",
        licence="MIT",
        provenance="made by the test",
        heads=heads,
        tolerance=dict.fromkeys(heads, 1e-5),
        front_end=FRONT_END,
    )
    graph = tiny_graph(heads)
    golden = {"windows": tiny_windows(3)} | _answers(graph, list(heads), tiny_windows(3))
    write_model_folder(folder, description, graph, golden | changes, {})
    return folder


def tiny_windows(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, FRAMES, BANDS)).astype(np.float32)


def _answers(graph: bytes, names: list[str], windows: np.ndarray) -> dict[str, np.ndarray]:
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415  slow to import, one oracle

    return dict(zip(names, ReferenceEvaluator(graph).run(names, {"windows": windows}), strict=True))
