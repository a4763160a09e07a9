"""card.toml: what a model is, what it must be fed, what it answers, how good it is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamgenre.classify.calibration_card import read_calibration
from streamgenre.classify.card_table import CardTable
from streamgenre.classify.front_end_card import read_front_end
from streamgenre.errors import ModelError
from streamgenre.settings import CalibrationSettings, FrontEndSettings

CARD_FORMAT = 1
GATE_LABELS = ("music", "speech", "noise")
CARD_FILE = "card.toml"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
NAME_LETTERS = "lower-case letters, digits, '_', '.' and '-', the first a letter or digit"


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
    calibration: CalibrationSettings
    """What the beliefs made of its scores proved to be worth; as they are, where the card is silent."""
    tolerance: dict[str, float]
    """Greatest error allowed against golden.npz, by output."""
    accuracy: dict[str, Any]
    """Figures with their protocol, as the card's author wrote them."""

    @property
    def heads(self) -> tuple[Head, ...]:
        return tuple(head for head in (self.genre, self.gate, self.tags) if head is not None)


def read_card(folder: Path) -> ModelCard:
    """Read `folder`/card.toml; raises ModelError for the first thing that does not fit."""
    return card_from(CardTable.from_file(folder / CARD_FILE))


def card_from(table: CardTable) -> ModelCard:
    """Read a whole card; raises ModelError for the first thing that does not fit."""
    _check_format(table)
    graph, labels = table.table("graph"), table.table("labels")
    card = ModelCard(
        path=table.path,
        name=_name(table),
        version=table.text("version"),
        description=table.text("description"),
        licence=table.text("licence"),
        provenance=table.text("provenance"),
        graph_file=_file_name(graph),
        sha256=_sha256(graph),
        input_name=graph.text("input"),
        front_end=read_front_end(table.table("front_end")),
        genre=_head(graph, labels, "genre"),
        gate=_head(graph, labels, "gate"),
        tags=_head(graph, labels, "tags"),
        frame_context=_frame_context(table.table("frame_context")) if table.has("frame_context") else None,
        calibration=_calibration(table),
        tolerance=_tolerance(table),
        accuracy=table.mapping("accuracy"),
    )
    _check_heads(card, graph, labels)
    for part in (graph, labels, table):
        part.finish()
    return card


def _check_format(table: CardTable) -> None:
    found = table.integer("card", 1, 1_000_000)
    if found != CARD_FORMAT:
        remedy = "update streamgenre" if found > CARD_FORMAT else "get a newer card"
        raise ModelError(
            f"{table.path}: card: expected format {CARD_FORMAT}, which this release reads, found {found}; "
            f"{remedy}"
        )


def _check_heads(card: ModelCard, graph: CardTable, labels: CardTable) -> None:
    if card.genre is None and card.tags is None:
        raise graph.error("genre", "the name of an output (or graph.tags)", "neither")
    if card.genre is not None and any(label != label.lower() for label in card.genre.labels):
        raise labels.error("genre", "labels in lower case", list(card.genre.labels))
    if card.gate is not None and card.gate.labels != GATE_LABELS:
        raise labels.error("gate", f"{list(GATE_LABELS)}", list(card.gate.labels))


def _name(table: CardTable) -> str:
    name = table.text("name")
    if not NAME.fullmatch(name):
        raise table.error("name", NAME_LETTERS, name)
    return name


def _file_name(graph: CardTable) -> str:
    name = graph.text("file")
    if Path(name).name != name:
        raise graph.error("file", "the name of a file beside the card", name)
    return name


def _sha256(graph: CardTable) -> str:
    if not graph.has("sha256"):
        raise graph.error("sha256", "the 64 digits that `sha256sum model.onnx` prints", None)
    digest = graph.text("sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise graph.error("sha256", "64 hexadecimal digits in lower case", digest)
    return digest


def _head(graph: CardTable, labels: CardTable, role: str) -> Head | None:
    if not graph.has(role):
        return None
    names = labels.texts(role)
    twice = [name for name, count in Counter(map(_alike, names)).items() if count > 1 or not name]
    if not names or twice:
        raise labels.error(role, "at least one label, each once", twice[0] if twice else [])
    return Head(graph.text(role), names)


def _alike(label: str) -> str:
    """Give what two labels share that a reader would take for one."""
    return " ".join(label.casefold().split())


def _frame_context(table: CardTable) -> FrameContext:
    context = FrameContext(
        table.text("output"),
        table.text("input"),
        table.text("new_frames"),
        table.integer("width", 1, 100_000),
    )
    table.finish()
    return context


def _calibration(table: CardTable) -> CalibrationSettings:
    return read_calibration(table.table("calibration")) if table.has("calibration") else CalibrationSettings()


def _tolerance(table: CardTable) -> dict[str, float]:
    if not table.has("tolerance"):
        return {}
    part = table.table("tolerance")
    tolerance = {output: part.number(output, 0.0, 1.0) for output in part.everything()}
    part.finish()
    return tolerance
