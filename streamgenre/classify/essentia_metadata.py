"""The metadata that Essentia publishes beside its models, as far as a card needs it.

Read are models that take the mel windows of musicnn themselves: 16 kHz, 187 frames of 96 bands
(https://essentia.upf.edu/models.html). Whatever else is found is named.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from streamgenre.classify.card_table import CardTable
from streamgenre.errors import ModelError

WINDOW_FRAMES, WINDOW_BANDS, SAMPLE_RATE_HZ = 187, 96, 16000
ALGORITHM = "TensorflowPredictMusiCNN"
SUPPORTED = (
    f"supported are models that read windows of {WINDOW_FRAMES} × {WINDOW_BANDS} mel values at 16 kHz "
    f"themselves ({ALGORITHM}) and give predictions by Sigmoid or Softmax"
)
_UNKNOWN = "not stated"
_ROLES: Mapping[str, Literal["genre", "tags"]] = {"softmax": "genre", "sigmoid": "tags"}


@dataclass(frozen=True, slots=True)
class EssentiaMetadata:
    """What one file of metadata says of a model that can be used."""

    path: Path
    title: str
    version: str
    description: str
    role: Literal["genre", "tags"]
    """genre where the predictions are one distribution (softmax), else tags."""
    labels: tuple[str, ...]
    input_name: str
    output_name: str
    licence: str
    provenance: str
    accuracy: dict[str, Any]
    """Figures as the authors state them."""


def read_essentia_metadata(path: Path) -> EssentiaMetadata:
    """Read a file of metadata; raises ModelError, naming what was found and what is supported."""
    table = CardTable(path, _json_object(path))
    schema = table.table("schema")
    labels = table.texts("classes")
    _check_inference(path, table.mapping("inference"))
    input_name = _input_name(path, _tensors(schema, "inputs"))
    output_name, role = _predictions(path, _tensors(schema, "outputs"), len(labels))
    return EssentiaMetadata(
        path=path,
        title=_said(table, "name"),
        version=_said(table, "version"),
        description=_said(table, "description"),
        role=role,
        labels=tuple(_plain(label).lower() if role == "genre" else _plain(label) for label in labels),
        input_name=input_name,
        output_name=output_name,
        licence=_licence(table),
        provenance=_provenance(table),
        accuracy=_accuracy(table.mapping("dataset")),
    )


def _json_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot read the model's metadata ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path}: expected a JSON object as Essentia publishes with its models")
    return cast("dict[str, Any]", values)


def _check_inference(path: Path, inference: Mapping[str, Any]) -> None:
    rate, algorithm = inference.get("sample_rate", SAMPLE_RATE_HZ), inference.get("algorithm", ALGORITHM)
    if "embedding_model" in inference:
        raise _unsupported(path, "inference.embedding_model: a head that reads another model's embeddings")
    if algorithm != ALGORITHM:
        raise _unsupported(path, f"inference.algorithm: {algorithm!r}")
    if rate != SAMPLE_RATE_HZ:
        raise _unsupported(path, f"inference.sample_rate: {rate!r}")


def _tensors(schema: CardTable, key: str) -> list[Mapping[str, Any]]:
    tensors = schema.everything().get(key)
    if not isinstance(tensors, list) or not tensors:
        raise schema.error(key, "a list of tensors, each with name, type and shape", tensors)
    for tensor in cast("list[object]", tensors):
        if not isinstance(tensor, dict) or not isinstance(cast("dict[str, Any]", tensor).get("name"), str):
            raise schema.error(key, "tensors with a name", tensor)
    return cast("list[Mapping[str, Any]]", tensors)


def _input_name(path: Path, inputs: list[Mapping[str, Any]]) -> str:
    shape = inputs[0].get("shape")
    sizes = cast("list[object]", shape) if isinstance(shape, list) else []
    if len(inputs) != 1 or len(sizes) not in (2, 3) or sizes[-2:] != [WINDOW_FRAMES, WINDOW_BANDS]:
        found = ", ".join(f"{tensor['name']} {tensor.get('shape')}" for tensor in inputs)
        hint = "; embeddings of another model?" if len(sizes) == 1 else ""
        raise _unsupported(path, f"schema.inputs: {found}{hint}")
    return str(inputs[0]["name"])


def _predictions(
    path: Path, outputs: list[Mapping[str, Any]], labels: int
) -> tuple[str, Literal["genre", "tags"]]:
    """Find the output that says so; in older files none does, and the kind of operator tells."""
    said = [output for output in outputs if output.get("output_purpose") == "predictions"]
    usable = [output for output in said or outputs if _operator(output) in _ROLES]
    if len(usable) != 1:
        found = ", ".join(
            f"{tensor['name']} ({tensor.get('op')}, {tensor.get('output_purpose')})" for tensor in outputs
        )
        raise _unsupported(path, f"schema.outputs: {found}")
    output = usable[0]
    shape = output.get("shape")
    width = cast("list[object]", shape)[-1] if isinstance(shape, list) and shape else None
    if width != labels:
        raise ModelError(f"{path}: classes: {labels} of them, output {output['name']} has shape {shape}")
    return str(output["name"]), _ROLES[_operator(output)]


def _operator(output: Mapping[str, Any]) -> str:
    """Give the operator in small letters; where it is not stated, the name often ends with it."""
    stated = output.get("op")
    return str(stated or str(output["name"]).rpartition("/")[2].partition(":")[0]).lower()


def _unsupported(path: Path, found: str) -> ModelError:
    return ModelError(f"{path}: {found}: not supported; {SUPPORTED}")


def _licence(table: CardTable) -> str:
    stated = next((_said(table, key) for key in ("license", "licence") if table.has(key)), _UNKNOWN)
    if stated == _UNKNOWN and "essentia.upf.edu/" in _said(table, "link"):
        return "CC BY-NC-SA 4.0, as essentia.upf.edu/models.html says; the metadata states none"
    return stated


def _provenance(table: CardTable) -> str:
    dataset = table.mapping("dataset").get("name")
    trained = f", trained on {_plain(dataset)}" if isinstance(dataset, str) else ""
    who = f"{_said(table, 'author')} <{_said(table, 'email')}>, {_said(table, 'release_date')}"
    return f"{_said(table, 'name')} by {who}, {_said(table, 'link')}{trained}"


def _accuracy(dataset: Mapping[str, Any]) -> dict[str, Any]:
    metrics = dataset.get("metrics")
    given = cast("dict[str, Any]", metrics) if isinstance(metrics, dict) else {}
    figures = {_plain(key): _figure(value) for key, value in given.items() if _is_figure(value)}
    protocol = "as the authors state in the metadata; not measured here" if figures else "none stated"
    return {"protocol": protocol} | figures


def _is_figure(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, int | float) and math.isfinite(value))


def _figure(value: str | float) -> str | float:
    return _plain(value) if isinstance(value, str) else value


def _said(table: CardTable, key: str) -> str:
    value = table.everything().get(key)
    text = _plain(str(value)) if isinstance(value, str | int | float) else ""
    return text or _UNKNOWN


def _plain(text: str) -> str:
    """Give one line of printable characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
