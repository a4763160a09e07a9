"""A card made from Essentia's metadata and the graph beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamgenre.classify.essentia_metadata import (
    SAMPLE_RATE_HZ,
    SUPPORTED,
    WINDOW_BANDS,
    WINDOW_FRAMES,
    EssentiaMetadata,
)
from streamgenre.classify.graph_check import GraphTensor
from streamgenre.classify.model_card import CARD_FORMAT
from streamgenre.classify.onnx_model import graph_tensors
from streamgenre.errors import ModelError
from streamgenre.settings import LoudnessSettings

_LOG_MEL = {
    "sample_rate_hz": SAMPLE_RATE_HZ,
    "n_fft": 512,
    "hop_samples": 256,
    "n_mels": WINDOW_BANDS,
    "fmin_hz": 0.0,
    "fmax_hz": 8000.0,
    "mel_scale": "slaney",
    "mel_norm": "slaney",
    "compression": "log10_10k",
}
"""As TensorflowInputMusiCNN and the musicnn package make their windows."""


def essentia_card(graph: Path, metadata: EssentiaMetadata) -> dict[str, Any]:
    """Make the values of a card; live sound is brought to one loudness first, as for the shipped networks.

    An export may rename tensors: what the metadata names is looked for by name, else by its shape.
    """
    inputs, outputs = graph_tensors(graph)
    return {
        "card": CARD_FORMAT,
        "name": _name(graph.stem),
        "version": metadata.version,
        "description": f"{metadata.title}: {metadata.description}",
        "licence": metadata.licence,
        "provenance": metadata.provenance,
        "graph": {
            "file": graph.name,
            "sha256": hashlib.sha256(graph.read_bytes()).hexdigest(),
            "input": _find(graph, "input", metadata.input_name, (WINDOW_FRAMES, WINDOW_BANDS), inputs),
            metadata.role: _find(graph, "output", metadata.output_name, (len(metadata.labels),), outputs),
        },
        "labels": {metadata.role: list(metadata.labels)},
        "front_end": {
            "window_frames": WINDOW_FRAMES,
            "log_mel": _LOG_MEL,
            "loudness": asdict(LoudnessSettings()),
        },
        "accuracy": metadata.accuracy,
    }


def _name(stem: str) -> str:
    """Give a file's name in the letters a model's name may have."""
    return re.sub(r"[^a-z0-9_.-]+", "-", stem.lower()).strip("-._") or "model"


def _find(
    graph: Path, kind: str, name: str, row_shape: tuple[int, ...], tensors: Sequence[GraphTensor]
) -> str:
    plain = name.removesuffix(":0")
    named = [tensor.name for tensor in tensors if tensor.name.removesuffix(":0") == plain]
    shaped = [tensor.name for tensor in tensors if tuple(tensor.shape[1:]) == row_shape]
    candidates = named or shaped
    if len(candidates) != 1:
        found = ", ".join(f"{tensor.name} {list(tensor.shape)}" for tensor in tensors)
        shape = ", ".join(map(str, row_shape))
        raise ModelError(
            f"{graph}: {kind} {name}: the metadata names it with shape (N, {shape}), the graph has "
            f"{found}; {SUPPORTED}"
        )
    return candidates[0]
