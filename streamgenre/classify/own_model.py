"""A user's own model as it is found: a folder, or an ONNX file with a card or metadata beside it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamgenre.classify.card_table import CardTable
from streamgenre.classify.essentia_card import essentia_card
from streamgenre.classify.essentia_metadata import read_essentia_metadata
from streamgenre.classify.golden import GOLDEN_FILE
from streamgenre.classify.model_card import CARD_FILE, NAME, NAME_LETTERS, ModelCard, card_from
from streamgenre.classify.toml_text import toml_text
from streamgenre.errors import ModelError, UsageError

METADATA_FILE = "metadata.json"
_TEXTS = ("LICENSE", "PROVENANCE.md")
_NO_ONNX = {".pb", ".pbtxt", ".h5", ".keras", ".pt", ".pth", ".tflite", ".zip", ".safetensors"}


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A model to install, its card read."""

    card: ModelCard
    """Its path is the file it was read from, or made from."""
    text: str
    """The card as it will be installed."""
    files: dict[str, Path]
    """What is copied besides, by the name it will have."""

    @property
    def folder(self) -> Path:
        """Where the graph lies now."""
        return self.card.path.parent


def find_own_model(given: Path, name: str | None = None) -> OwnModel:
    """Find what belongs to a folder or an ONNX file; raises ModelError where it is no whole model."""
    if name is not None and not NAME.fullmatch(name):
        raise UsageError(f"--name {name!r}: expected {NAME_LETTERS}")
    source = _source(given)
    if source.suffix == ".json":
        return _from_metadata(given, source, name)
    return _from_card(given, source, name)


def _source(given: Path) -> Path:
    """Give the card or the metadata."""
    if given.is_dir():
        return _of_folder(given)
    if not given.is_file():
        raise ModelError(
            f"{given}: no such file or folder; expected a folder with model.onnx and {CARD_FILE}, or "
            "an ONNX file with its card or Essentia's metadata beside it"
        )
    return _of_file(given)


def _of_folder(folder: Path) -> Path:
    graphs = sorted(folder.glob("*.onnx"))
    if (folder / CARD_FILE).exists() or len(graphs) != 1:
        return folder / CARD_FILE
    return _of_file(graphs[0])


def _of_file(graph: Path) -> Path:
    if graph.suffix.lower() in _NO_ONNX:
        raise ModelError(
            f"{graph}: {graph.suffix} is no ONNX graph; Essentia publishes many of its models as .onnx too, "
            "others are converted with tf2onnx or torch.onnx"
        )
    beside = (graph.with_suffix(".toml"), graph.with_suffix(".json"), graph.with_name(CARD_FILE))
    found = next((path for path in beside if path != graph and path.is_file()), None)
    if found is None:
        names = f"{beside[0].name}, {CARD_FILE} or {beside[1].name} (the metadata that Essentia publishes)"
        raise ModelError(f"{graph}: nothing beside it says what it is fed and answers; expected {names}")
    return found


def _from_metadata(given: Path, path: Path, name: str | None) -> OwnModel:
    graph = given if given.is_file() else path.with_suffix(".onnx")
    values = essentia_card(graph, read_essentia_metadata(path))
    values |= {"name": name} if name else {}
    card = card_from(CardTable(path, values))
    return OwnModel(card, toml_text(values), {card.graph_file: graph, METADATA_FILE: path})


def _from_card(given: Path, path: Path, name: str | None) -> OwnModel:
    card = card_from(CardTable.from_file(path))
    if given.is_file() and card.graph_file != given.name:
        raise ModelError(f"{path}: graph.file: expected {given.name!r}, found {card.graph_file!r}")
    text = path.read_text(encoding="utf-8")
    if name is not None and name != card.name:
        text = _renamed(text, name)
        card = card_from(CardTable(path, tomllib.loads(text)))
    extras = (GOLDEN_FILE, *_TEXTS) if path.name == CARD_FILE else ()
    present = [extra for extra in extras if (path.parent / extra).is_file()]
    files = {card.graph_file: path.parent / card.graph_file}
    return OwnModel(card, text, files | {extra: path.parent / extra for extra in present})


def _renamed(text: str, name: str) -> str:
    changed = re.sub(r"(?m)^\s*name\s*=.*$", f'name = "{name}"', text, count=1)
    return unless_other(changed, tomllib.loads(text) | {"name": name})


def unless_other(text: str, values: dict[str, Any]) -> str:
    """Give the text, its comments kept, where it says these values; else the values written anew."""
    try:
        same = tomllib.loads(text) == values
    except tomllib.TOMLDecodeError:
        same = False
    return text if same else toml_text(values)
