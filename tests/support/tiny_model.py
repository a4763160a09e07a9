"""A small real model in a folder: 4 frames of 3 bands, two genres, gate and tags; whole, or for streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from streamgenre.classify.model_card import FrameContext
from streamgenre.settings import FrontEndSettings, LogMelSettings
from training.graph import GraphBuilder
from training.model_folder import ModelDescription, write_model_folder

FRAMES, BANDS = 4, 3
HEADS = {"genre": ("jazz", "rock"), "gate": ("music", "speech", "noise"), "tags": ("guitar", "piano")}
FRONT_END = FrontEndSettings(
    LogMelSettings(sample_rate_hz=8000, n_fft=256, hop_samples=128, n_mels=BANDS), FRAMES
)


FRAME_CONTEXT = FrameContext("values", "values_before", "new_frames", BANDS)


def tiny_graph(heads: dict[str, tuple[str, ...]] = HEADS) -> bytes:
    graph = GraphBuilder()
    _add_heads(graph, graph.node("Flatten", ["windows"], "flat", axis=1), heads)
    return graph.model("tiny", {"windows": ("N", FRAMES, BANDS)}, _outputs(heads))


def tiny_stream_graph(fade: float = 1.0) -> bytes:
    """Double every frame, once; a fade other than 1 spoils the frames known from the window before."""
    graph = GraphBuilder()
    by_band = graph.node("Transpose", ["windows"], "by_band", perm=[0, 2, 1])
    end, axis = graph.constant("end", [FRAMES]), graph.constant("axis", [2])
    first_new = graph.node("Sub", [end, "new_frames"], "first_new")
    fresh = graph.node("Slice", [by_band, first_new, end, axis], "fresh")
    doubled = graph.node("Add", [fresh, fresh], "doubled")
    known = graph.node("Slice", ["values_before", "new_frames", end, axis], "known")
    faded = graph.node("Mul", [known, graph.constant("fade", np.array([fade], np.float32))], "faded")
    graph.node("Concat", [faded, doubled], "values", axis=2)
    _add_heads(graph, graph.node("Flatten", ["values"], "flat", axis=1), HEADS)
    shape = ("N", BANDS, FRAMES)
    inputs = {"windows": ("N", FRAMES, BANDS), "values_before": shape}
    return graph.model("tiny", inputs, _outputs(HEADS) | {"values": shape}, {"new_frames": (1,)})


def _add_heads(graph: GraphBuilder, flat: str, heads: dict[str, tuple[str, ...]]) -> None:
    generator = np.random.default_rng(7)
    for role, labels in heads.items():
        kernel = generator.normal(size=(FRAMES * BANDS, len(labels))).astype(np.float32)
        logits = graph.node("MatMul", [flat, graph.constant(f"{role}/kernel", kernel)], f"{role}/logits")
        if role == "tags":
            graph.node("Sigmoid", [logits], role)
        else:
            graph.node("Softmax", [logits], role, axis=1)


def _outputs(heads: dict[str, tuple[str, ...]]) -> dict[str, tuple[int | str, ...]]:
    return {role: ("N", len(labels)) for role, labels in heads.items()}


def write_tiny_model(folder: Path, heads: dict[str, tuple[str, ...]] = HEADS, **changes: object) -> Path:
    """Write a model that loads, answers and passes its golden vectors."""
    graph = tiny_graph(heads)
    golden = {"windows": tiny_windows(3)} | _answers(graph, list(heads), {"windows": tiny_windows(3)})
    write_model_folder(folder, _description(folder, heads), graph, golden | changes, {})
    return folder


def write_tiny_stream_model(folder: Path, fade: float = 1.0) -> Path:
    """Write one that goes from window to window."""
    graph, windows = tiny_stream_graph(fade), tiny_windows(3)
    nothing = {"values_before": np.zeros((3, BANDS, FRAMES), np.float32), "new_frames": np.array([FRAMES])}
    golden = {"windows": windows} | _answers(graph, list(HEADS), {"windows": windows} | nothing)
    write_model_folder(folder, _description(folder, HEADS, FRAME_CONTEXT), graph, golden, {})
    return folder


def _description(
    folder: Path, heads: dict[str, tuple[str, ...]], frame_context: FrameContext | None = None
) -> ModelDescription:
    return ModelDescription(
        name=folder.name,
        version="1",
        description="a tiny model for tests",
        licence="MIT",
        provenance="made by the test",
        heads=heads,
        tolerance=dict.fromkeys(heads, 1e-5),
        front_end=FRONT_END,
        frame_context=frame_context,
    )


def tiny_windows(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, FRAMES, BANDS)).astype(np.float32)


def _answers(graph: bytes, names: list[str], inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415  slow to import, one oracle

    return dict(zip(names, ReferenceEvaluator(graph).run(names, inputs), strict=True))
