"""Networks and heads in one graph, with card, golden vectors, licence and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.convert_musicnn import CONVERSIONS
from training.graph import GraphBuilder
from training.heads import LinearHead
from training.model_folder import ModelDescription, write_model_folder
from training.musicnn_bank import BANDS
from training.musicnn_frames import WINDOW_FRAMES
from training.musicnn_graph import MusicnnTensors
from training.musicnn_model import add_networks, frame_context, model_bytes
from training.musicnn_numpy import run_musicnn
from training.musicnn_weights import MusicnnWeights, read_weights
from training.musicnn_wheel import WHEEL, WHEEL_SHA256, MusicnnWheel
from training.recipe import Recipe
from training.synthetic_windows import synthetic_windows

LICENCE_NOTE = """\
The linear heads in this graph are under the MIT licence of the project. The networks below them are under
the ISC licence:

"""

TOLERANCE = {"genre": 1e-5, "gate": 1e-5, "tags": 1e-5}

PROVENANCE = """\
# Where {name} comes from

One graph of two layers of work.

1. Frozen networks: {networks} of the wheel `{wheel}`
   (sha256 `{sha256}`), by Jordi Pons, Music Technology
   Group, Universitat Pompeu Fabra, converted by `python -m training convert-musicnn`; see their own folders.
   Licence: the wheel of 2019 says ISC, for everything in it; its text is in LICENSE. To be open about it:
   the group's later model page lists CC BY-NC-SA 4.0 for the models published there, these architectures
   among them. Provenance here is the wheel alone.
2. Two linear heads on {features}, trained by `python -m training train {name}` with
   `training/recipes/{name}.toml`:
   - `genre`: {genre_clips} clips of GTZAN (Tzanetakis and Cook 2002) and Emotify (Aljanaki et al. 2016).
   - `gate`: {gate_clips} clips: those, GTZAN music/speech (Tzanetakis) and ESC-10 (Piczak 2015, CC BY 3.0).
   No audio of these sets is part of the model; the heads are {parameters} numbers fitted to them.

The heads are this project's work, under its MIT licence, which cannot grant more than the networks below
them do.

Golden vectors: made-up windows; the answers are those of a double-precision NumPy implementation.

Limits: GTZAN knows few artists a genre (two for reggae) and Western popular music of the 20th century;
`electronic` was learnt from Emotify alone. The gate learnt speech from 44 clips and noise from ten kinds.
"""


def genre_graph(
    networks: Mapping[str, MusicnnWeights], features: Sequence[str], heads: Mapping[str, LinearHead]
) -> bytes:
    """Build networks side by side on the same windows, their features joined, a softmax a head."""
    graph = GraphBuilder()
    tensors = add_networks(graph, networks)
    columns = [getattr(found, output) for found in tensors.values() for output in features]
    joined = columns[0] if len(columns) == 1 else graph.node("Concat", columns, "heads/features", axis=1)
    for role, head in heads.items():
        kernel = graph.constant(f"heads/{role}/kernel", head.kernel.astype(np.float32))
        bias = graph.constant(f"heads/{role}/bias", head.bias.astype(np.float32))
        graph.node(
            "Softmax", [graph.node("Gemm", [joined, kernel, bias], f"heads/{role}/logits")], role, axis=1
        )
    first: MusicnnTensors = next(iter(tensors.values()))
    graph.node("Identity", [first.tags], "tags")
    sizes = {role: len(head.bias) for role, head in heads.items()} | {"tags": 50}
    return model_bytes(graph, "genre", networks, sizes)


def export_genre(
    recipe: Recipe,
    heads: Mapping[str, LinearHead],
    accuracy: Mapping[str, Any],
    wheel: MusicnnWheel,
    folder: Path,
) -> None:
    """Write the model's folder; the first network of the recipe gives the tags."""
    conversions = {conversion.name: conversion for conversion in CONVERSIONS}
    networks = {
        name: read_weights(wheel.checkpoint(conversions[name].checkpoint)) for name in recipe.networks
    }
    tags = wheel.labels(conversions[recipe.networks[0]].labels)
    description = ModelDescription(
        name=recipe.name,
        version=recipe.version,
        description="eleven genres, music/speech/noise and tags of 3 s windows: "
        f"{' and '.join(recipe.networks)} with linear heads",
        licence="MIT for the heads, ISC for the networks; see LICENSE and PROVENANCE.md",
        provenance=f"networks of the wheel {WHEEL}, heads trained on GTZAN, Emotify, GTZAN music/speech "
        "and ESC-10; see PROVENANCE.md",
        heads={"genre": recipe.genre.labels, "gate": recipe.gate.labels, "tags": tags},
        tolerance=TOLERANCE,
        accuracy=_for_the_card(accuracy),
        frame_context=frame_context(networks.values()),
    )
    graph = genre_graph(networks, recipe.outputs, heads)
    texts = {"LICENSE": LICENCE_NOTE + wheel.licence(), "PROVENANCE.md": _provenance(recipe, heads, accuracy)}
    golden = _golden(networks, recipe.outputs, heads)
    write_model_folder(folder, description, graph, golden, texts)


def _for_the_card(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the confusion of all views but the plain one to the results' file."""
    genre = {
        view: {key: value for key, value in found.items() if key != "confusion" or view == "plain"}
        for view, found in figures["genre"].items()
    }
    return {"summary": _summary(figures)} | dict(figures) | {"genre": genre}


def _summary(figures: Mapping[str, Any]) -> str:
    clip, excerpt = (figures["genre"][view]["macro_recall"] for view in ("plain", "short"))
    return (
        f"{clip:.2f} of unheard artists' clips, {excerpt:.2f} of 2 to 3 s of them, mean recall of "
        f"{len(figures['genre']['plain']['recall'])} genres"
    )


def _provenance(recipe: Recipe, heads: Mapping[str, LinearHead], accuracy: Mapping[str, Any]) -> str:
    return PROVENANCE.format(
        name=recipe.name,
        networks=" and ".join(recipe.networks),
        features=", ".join(recipe.outputs),
        wheel=WHEEL,
        sha256=WHEEL_SHA256,
        genre_clips=accuracy["genre_clips"],
        gate_clips=accuracy["gate_clips"],
        parameters=sum(head.kernel.size + head.bias.size for head in heads.values()),
    )


def _golden(
    networks: Mapping[str, MusicnnWeights], features: Sequence[str], heads: Mapping[str, LinearHead]
) -> dict[str, np.ndarray]:
    windows = synthetic_windows(WINDOW_FRAMES, BANDS)
    rows = [[run_musicnn(weights, window) for weights in networks.values()] for window in windows]
    joined = np.array([np.concatenate([found[name] for found in row for name in features]) for row in rows])
    golden = {"windows": windows, "tags": np.array([row[0]["tags"] for row in rows], np.float32)}
    for role, head in heads.items():
        golden[role] = np.exp(head.log_posterior(joined)).astype(np.float32)
    return golden
