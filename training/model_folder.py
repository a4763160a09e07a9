"""Writing a model's folder: graph, card, golden vectors, licence, provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from streamgenre.classify.model_card import FrameContext
from streamgenre.classify.toml_text import toml_text
from streamgenre.settings import (
    FrameSettings,
    FrontEndSettings,
    HandmadeSettings,
    LogMelSettings,
    LogSpectrogramSettings,
    LoudnessSettings,
)

MUSICNN_FRONT_END = FrontEndSettings(
    frames=LogMelSettings(
        sample_rate_hz=16000,
        n_fft=512,
        hop_samples=256,
        n_mels=96,
        fmin_hz=0.0,
        fmax_hz=8000.0,
        mel_scale="slaney",
        mel_norm="slaney",
        compression="log10_10k",
    ),
    window_frames=187,
    loudness=LoudnessSettings(),
)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What goes into a card beside the digest."""

    name: str
    version: str
    description: str
    licence: str
    provenance: str
    heads: dict[str, tuple[str, ...]]
    """Labels by role (genre, gate, tags); the output of a role has its name."""
    tolerance: dict[str, float]
    """By output."""
    front_end: FrontEndSettings = MUSICNN_FRONT_END
    accuracy: dict[str, Any] = field(default_factory=dict)
    frame_context: FrameContext | None = None
    """None: the graph takes whole windows alone."""


def write_model_folder(
    folder: Path,
    description: ModelDescription,
    graph: bytes,
    golden: Mapping[str, NDArray[np.float32]],
    texts: Mapping[str, str],
) -> None:
    """Write everything; the same arguments give the same bytes. texts: further files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = with_sample_rate(graph, description.front_end.frames.sample_rate_hz)
    (folder / "model.onnx").write_bytes(graph)
    digest = hashlib.sha256(graph).hexdigest()
    (folder / "card.toml").write_text(toml_text(_card(description, digest)), encoding="utf-8")
    np.savez_compressed(folder / "golden.npz", **golden)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def with_sample_rate(graph: bytes, sample_rate_hz: int) -> bytes:
    """Note in the graph itself what it hears, so that a card with another rate is refused."""
    model = onnx.ModelProto.FromString(graph)
    onnx.helper.set_model_props(model, {"sample_rate_hz": str(sample_rate_hz)})
    return model.SerializeToString(deterministic=True)


def _card(description: ModelDescription, digest: str) -> dict[str, Any]:
    heads = description.heads
    card: dict[str, Any] = {
        "card": 1,
        "name": description.name,
        "version": description.version,
        "description": description.description,
        "licence": description.licence,
        "provenance": description.provenance,
        "graph": {"file": "model.onnx", "sha256": digest, "input": "windows"}
        | {role: role for role in heads},
        "labels": heads,
        "front_end": _front_end(description.front_end),
    }
    if description.frame_context is not None:
        card["frame_context"] = asdict(description.frame_context)
    card["tolerance"] = description.tolerance
    return card | ({"accuracy": description.accuracy} if description.accuracy else {})


def _front_end(settings: FrontEndSettings) -> dict[str, Any]:
    kind, frames = _frames(settings.frames)
    table: dict[str, Any] = {"window_frames": settings.window_frames, kind: frames}
    return table if settings.loudness is None else table | {"loudness": asdict(settings.loudness)}


def _frames(settings: FrameSettings) -> tuple[str, dict[str, Any]]:
    if isinstance(settings, LogSpectrogramSettings):
        return "log_spectrogram", asdict(settings)
    if isinstance(settings, HandmadeSettings):
        return "handmade", asdict(settings)
    log_mel = asdict(settings) | {"mel_norm": settings.mel_norm or "none"}
    return "log_mel", {key: value for key, value in log_mel.items() if value is not None}
