"""From a recipe's [data] to what is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from streamgenre.errors import UsageError
from streamgenre.settings import FrontEndSettings
from training.datasets import default_data_folder, read_clips
from training.systems.audio_folder import audio_material
from training.systems.columns import live_columns
from training.systems.handmade_front_end import (
    SHORT_WINDOW_SAMPLES,
    WINDOW_SAMPLES,
    handmade_front_end,
)
from training.systems.layouts import Listing, list_audio
from training.systems.levelling import Levelling
from training.systems.material import Material
from training.systems.recipe import SystemRecipe, Trial
from training.systems.tables import read_tracks, table_material

LEVEL_DBFS = -20.0
"""RMS that expert features are brought to."""
_TABLES = {"table_30s": WINDOW_SAMPLES, "table_3s": SHORT_WINDOW_SAMPLES}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data are: the research data, or somebody's own folder of audio."""

    path: Path

    @property
    def research(self) -> bool:
        return (self.path / "gtzan_tables").is_dir() or (self.path / "gtzan_spectrograms").is_dir()

    @property
    def name(self) -> str:
        """What results are called after; empty for the research data."""
        return "" if self.research else self.path.stem

    @property
    def tables(self) -> Path:
        """What is known of GTZAN's tracks, if it is there."""
        return (self.path if self.research else default_data_folder()) / "gtzan_tables"


def trial_material(recipe: SystemRecipe, trial: Trial, source: Source) -> Material:
    """Give what a trial is run on."""
    return _load(recipe.name, trial.data, trial.columns, source, _Frozen(recipe))


def export_material(recipe: SystemRecipe, source: Source) -> Material:
    """Give what the shipped model learns from."""
    return _load(recipe.name, recipe.export, "live", source, _Frozen(recipe))


class _Frozen:
    """A recipe that a cache can hold: one of a name is as good as another."""

    def __init__(self, recipe: SystemRecipe) -> None:
        self.recipe = recipe

    def __hash__(self) -> int:
        return hash(self.recipe.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other.recipe == self.recipe


@lru_cache(maxsize=3)
def _load(title: str, name: str, asked: str, source: Source, frozen: _Frozen) -> Material:
    table = dict(frozen.recipe.data_of(name))
    kind = table.pop("kind", None)
    if not source.research:
        return _own_audio(kind, table, source, title)
    match kind:
        case "table_30s" | "table_3s":
            live = table["columns"]
            papers = (table.get("paper_columns") or live) if asked == "paper" else ()
            return table_material(source.path, kind, live, papers, LEVEL_DBFS)
        case "spectrograms":
            from training.systems.arrays import spectrogram_material  # noqa: PLC0415  # tables do without

            return spectrogram_material(source.path, **table)
        case "excerpts":
            from training.systems.arrays import excerpt_material  # noqa: PLC0415  # as above

            return excerpt_material(source.path, **table)
        case "clips" if "window_samples" in table:
            return _handmade(_research_clips(source), table, title)
        case "clips":
            from training.systems.clips import clip_material  # noqa: PLC0415  # as above

            return clip_material(source.path, **table)
        case _:
            raise UsageError(
                f"recipe {title}: [data] kind {kind!r}: expected table_30s, table_3s, spectrograms, excerpts "
                "or clips"
            )


def _own_audio(kind: str | None, table: Mapping[str, Any], source: Source, title: str) -> Material:
    listing = list_audio(source.path, source.tables)
    if kind in _TABLES:
        return _handmade(listing, {**table, "window_samples": _TABLES[kind]}, title)
    if "window_samples" in table:
        return _handmade(listing, table, title)
    if kind == "spectrograms":
        from training.systems.arrays import COLUMNS, LIVE, picked_frames  # noqa: PLC0415  # as above

        material = audio_material(listing, LIVE, title)
        return replace(material, inputs=material.inputs[:, picked_frames(COLUMNS, LIVE.window_frames)])
    return audio_material(listing, _clip_front_end(table), title)


def _handmade(listing: Listing, table: Mapping[str, Any], title: str) -> Material:
    levelling = Levelling.of(live_columns(table["columns"]), LEVEL_DBFS)
    material = audio_material(listing, handmade_front_end(levelling.heard, table["window_samples"]), title)
    inputs = levelling.rows(material.inputs)
    return replace(material, inputs=inputs, levelling=levelling)


def _research_clips(source: Source) -> Listing:
    listing = Listing()
    sides = read_tracks(source.tables)
    for clip in read_clips(source.path, ("gtzan",)):
        listing.add(clip, sides[clip.track][1])
    return listing


def _clip_front_end(table: Mapping[str, Any]) -> FrontEndSettings:
    from training.systems.clips import clip_front_end  # noqa: PLC0415  # as above

    return clip_front_end(table)


def digest_of(material: Material) -> bytes:
    """Give what the material is, for telling whether kept results are of it."""
    import hashlib  # noqa: PLC0415  # here alone

    digest = hashlib.sha256(
        repr((material.label_names, material.tracks, material.credits, material.splits)).encode()
    )
    for array in (material.inputs, material.labels, material.track_of):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
