"""card.toml: what a model is, what it must be fed, what it answers, how good it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from streamgenre.classify.card_table import CardTable
from streamgenre.settings import Compression, FrontEndSettings, LogMelSettings, LoudnessSettings, MelScale

CARD_FORMAT = 1
GATE_LABELS = ("music", "speech", "noise")
CARD_FILE = "card.toml"


@dataclass(frozen=True, slots=True)
class Head:
    """One output of the graph and what its columns mean."""

    output: str
    """Name of the output in the graph, (N, labels) float32."""
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameContext:
    """What overlapping windows share, where the graph can hand it from one to the next.

    The graph itself knows how many frames on each side of a frame decide its values, and computes
    anew those that the window's edges touch.
    """

    output: str
    """Output with the values of each frame, (N, width, frames) float32."""
    input: str
    """Input that takes them from an earlier window, of the same shape."""
    new_frames: str
    """Input, (1,) int64: how many frames the window reaches past that one; all: nothing is known."""
    width: int
    """Values a frame."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything in one card, checked."""

    path: Path
    """The card's own file."""
    name: str
    version: str
    description: str
    licence: str
    provenance: str
    """Where the weights come from, in a line; PROVENANCE.md tells the rest."""
    graph_file: str
    """The ONNX file beside the card."""
    sha256: str
    """Of the ONNX file, 64 hexadecimal digits."""
    input_name: str
    """Name of the graph's input, (N, frames, bands) float32."""
    front_end: FrontEndSettings
    genre: Head | None
    """A posterior: each row sums to 1."""
    gate: Head | None
    """A posterior over music, speech, noise."""
    tags: Head | None
    """Independent probabilities."""
    frame_context: FrameContext | None
    """None: every window is computed whole."""
    tolerance: dict[str, float]
    """Greatest error allowed against golden.npz, by output."""
    accuracy: dict[str, Any]
    """Figures with their protocol, as the card's author wrote them."""

    @property
    def heads(self) -> tuple[Head, ...]:
        return tuple(head for head in (self.genre, self.gate, self.tags) if head is not None)


def read_card(folder: Path) -> ModelCard:
    """Read `folder`/card.toml; raises ModelError for the first thing that does not fit."""
    path = folder / CARD_FILE
    table = CardTable.from_file(path)
    if table.integer("card", 1, 1_000_000) != CARD_FORMAT:
        raise table.error("card", f"the format {CARD_FORMAT} that this release reads", "another")
    graph, labels = table.table("graph"), table.table("labels")
    card = ModelCard(
        path=path,
        name=_name(table),
        version=table.text("version"),
        description=table.text("description"),
        licence=table.text("licence"),
        provenance=table.text("provenance"),
        graph_file=_file_name(graph),
        sha256=_sha256(graph),
        input_name=graph.text("input"),
        front_end=_front_end(table.table("front_end")),
        genre=_head(graph, labels, "genre"),
        gate=_head(graph, labels, "gate"),
        tags=_head(graph, labels, "tags"),
        frame_context=_frame_context(table.table("frame_context")) if table.has("frame_context") else None,
        tolerance=_tolerance(table),
        accuracy=table.mapping("accuracy"),
    )
    _check_heads(card, graph, labels)
    for part in (graph, labels, table):
        part.finish()
    return card


def _check_heads(card: ModelCard, graph: CardTable, labels: CardTable) -> None:
    if card.genre is None and card.tags is None:
        raise graph.error("genre", "the name of an output (or graph.tags)", "neither")
    if card.genre is not None and any(label != label.lower() for label in card.genre.labels):
        raise labels.error("genre", "labels in lower case", list(card.genre.labels))
    if card.gate is not None and card.gate.labels != GATE_LABELS:
        raise labels.error("gate", f"{list(GATE_LABELS)}", list(card.gate.labels))


def _name(table: CardTable) -> str:
    name = table.text("name")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", name):
        raise table.error("name", "lower-case letters, digits, '_', '.' and '-'", name)
    return name


def _file_name(graph: CardTable) -> str:
    name = graph.text("file")
    if Path(name).name != name:
        raise graph.error("file", "the name of a file beside the card", name)
    return name


def _sha256(graph: CardTable) -> str:
    digest = graph.text("sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise graph.error("sha256", "64 hexadecimal digits in lower case", digest)
    return digest


def _head(graph: CardTable, labels: CardTable, role: str) -> Head | None:
    if not graph.has(role):
        return None
    names = labels.texts(role)
    if not names or len(set(names)) != len(names):
        raise labels.error(role, "at least one label, each once", list(names))
    return Head(graph.text(role), names)


def _frame_context(table: CardTable) -> FrameContext:
    context = FrameContext(
        table.text("output"),
        table.text("input"),
        table.text("new_frames"),
        table.integer("width", 1, 100_000),
    )
    table.finish()
    return context


def _tolerance(table: CardTable) -> dict[str, float]:
    part = table.table("tolerance")
    tolerance = {output: part.number(output, 0.0, 1.0) for output in part.everything()}
    part.finish()
    return tolerance


def _front_end(table: CardTable) -> FrontEndSettings:
    frames = table.integer("window_frames", 1, 100_000)
    log_mel = _log_mel(table.table("log_mel"))
    loudness = _loudness(table.table("loudness")) if table.has("loudness") else None
    table.finish()
    return FrontEndSettings(log_mel, frames, loudness)


def _log_mel(table: CardTable) -> LogMelSettings:
    n_fft = table.integer("n_fft", 64, 8192)
    if n_fft & (n_fft - 1):
        raise table.error("n_fft", "a power of two", n_fft)
    rate = table.integer("sample_rate_hz", 4000, 192_000)
    settings = LogMelSettings(
        sample_rate_hz=rate,
        n_fft=n_fft,
        hop_samples=table.integer("hop_samples", 1, n_fft),
        n_mels=table.integer("n_mels", 1, 512),
        fmin_hz=table.number("fmin_hz", 0.0, rate / 2),
        fmax_hz=table.number("fmax_hz", 0.0, rate / 2) if table.has("fmax_hz") else None,
        mel_scale=cast("MelScale", table.choice("mel_scale", ("slaney", "htk"))),
        mel_norm=_mel_norm(table),
        compression=cast("Compression", table.choice("compression", ("db", "log10_10k", "power"))),
    )
    table.finish()
    return settings


def _mel_norm(table: CardTable) -> Literal["slaney"] | None:
    return "slaney" if table.choice("mel_norm", ("slaney", "none")) == "slaney" else None


def _loudness(table: CardTable) -> LoudnessSettings:
    settings = LoudnessSettings(
        target_dbfs=table.number("target_dbfs", -60.0, 0.0),
        time_constant_seconds=table.number("time_constant_seconds", 0.1, 600.0),
        gate_dbfs=table.number("gate_dbfs", -120.0, 0.0),
        min_gain_db=table.number("min_gain_db", -120.0, 0.0),
        max_gain_db=table.number("max_gain_db", 0.0, 120.0),
    )
    table.finish()
    return settings
