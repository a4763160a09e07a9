"""The research clips: where they are, what is known of each. Nothing of them enters the repository."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streamgenre.errors import StreamgenreError

GENRE_SETS = ("gtzan", "emotify")
GATE_SETS = ("music_speech", "esc10")
_REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of a manifest."""

    path: Path
    dataset: str
    label: str
    """Genre, or music, speech, noise."""
    track: str
    """Name within its set."""
    credit: str
    """Artist as the manifest writes it; empty where nobody knows."""

    @property
    def key(self) -> str:
        """Name over all sets."""
        return f"{self.dataset}/{self.track}"


def default_data_folder() -> Path:
    """Where the clips are looked for: STREAMGENRE_SHARED, or `shared` beside the repository."""
    shared = os.environ.get("STREAMGENRE_SHARED")
    return (Path(shared) if shared else _REPOSITORY.parent / "shared") / "data"


def read_clips(data: Path, sets: Iterable[str]) -> list[Clip]:
    """Read the manifests of these sets, in order; raises StreamgenreError for a missing one."""
    return [clip for name in sets for clip in _read_manifest(data / name)]


def _read_manifest(folder: Path) -> list[Clip]:
    path = folder / "manifest.csv"
    if not path.is_file():
        raise StreamgenreError(
            f"{path}: no such file; this recipe learns from the research clips, each set a folder with a "
            "manifest.csv; for your own audio take one of a1 to e3"
        )
    with path.open(encoding="utf-8", newline="") as file:
        return [_clip(folder, row) for row in csv.DictReader(file)]


def _clip(folder: Path, row: dict[str, str]) -> Clip:
    label, track = row["genre"].split("/")[0], row["track_id"]
    credit = row["artist"]
    if row["dataset"] == "esc10":
        credit = f"freesound {track.split('-')[1]}"
    return Clip(folder / row["path"], row["dataset"], label, track, credit)
