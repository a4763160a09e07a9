"""The widely used GTZAN feature tables as material."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamgenre.errors import StreamgenreError
from training.systems.columns import chosen_columns, live_columns
from training.systems.handmade_front_end import SHORT_WINDOW_SAMPLES, WINDOW_SAMPLES, handmade_front_end
from training.systems.levelling import Levelling
from training.systems.material import Material
from training.systems.rebuilt_tracks import BLOCK_ROWS, RebuiltTracks, rebuild_tracks

Float64 = NDArray[np.float64]
Integers = NDArray[np.int64]

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")

MATCHED_COLUMNS = (
    "spectral_centroid_mean",
    "spectral_bandwidth_mean",
    "rolloff_mean",
    "zero_crossing_rate_mean",
    "chroma_stft_mean",
)
"""What the two tables share whatever the level: the 3 s rows were computed on louder sound."""
CHECKED_COLUMNS = tuple(f"mfcc{number}_mean" for number in range(2, 21))
"""What takes no part in the matching; it is asked afterwards whether it would match alike."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """Rows of expert features, with the track of each."""

    columns: tuple[str, ...]
    values: Float64
    """(rows, columns)"""
    labels: Integers
    label_names: tuple[str, ...]
    track_of: Integers
    tracks: tuple[str, ...]
    window_samples: int
    """At 22,050 Hz."""

    def chosen(self, columns: Sequence[str]) -> Float64:
        """Give some columns, in the order asked."""
        return self.values[:, [self.columns.index(column) for column in columns]]


def table_material(
    data: Path, kind: str, columns: Sequence[str], paper_columns: Sequence[str], level_dbfs: float
) -> Material:
    """Give the table `table_30s` or `table_3s` of the research data.

    columns: patterns; those a stream has are brought to one loudness. paper_columns: patterns; if any are
    given, these are taken instead, at the level they have in the table.
    """
    folder = data / "gtzan_tables"
    table = read_table_30s(folder) if kind == "table_30s" else read_table_3s(folder)
    known = read_tracks(folder)
    levelling = None
    if paper_columns:
        named = [column for column in chosen_columns(paper_columns) if column in table.columns]
        inputs = table.chosen(named)[:, None, :].astype(np.float32)
    else:
        levelling = Levelling.of(live_columns(columns), level_dbfs)
        named = levelling.heard
        inputs = levelling.rows(table.chosen(named)[:, None, :])
    return Material(
        inputs,
        table.labels,
        table.label_names,
        table.track_of,
        table.tracks,
        tuple(known[track][0] for track in table.tracks),
        tuple(known[track][1] for track in table.tracks),
        handmade_front_end(named, table.window_samples),
        levelling=levelling,
    )


def read_table_30s(folder: Path) -> FeatureTable:
    """One row a track: 1000 rows, ten genres."""
    rows = _rows(folder / "features_30_sec.csv")
    columns = tuple(name for name in rows[0] if name not in {"filename", "length", "label"})
    tracks = tuple(row["filename"].removesuffix(".wav") for row in rows)
    return FeatureTable(
        columns,
        _numbers(rows, columns),
        np.array([GENRES.index(row["label"]) for row in rows], np.int64),
        GENRES,
        np.arange(len(rows)),
        tracks,
        WINDOW_SAMPLES,
    )


def read_table_3s(folder: Path) -> FeatureTable:
    """Ten rows a track or nine, five genres; the tracks are rebuilt."""
    rows, whole = _rows(folder / "features_3_sec_5genres.csv"), read_table_30s(folder)
    columns = tuple(name for name in rows[0] if name != "label")
    genres = tuple(dict.fromkeys(row["label"] for row in rows))
    table = FeatureTable(
        columns,
        _numbers(rows, columns),
        np.array([genres.index(row["label"]) for row in rows], np.int64),
        genres,
        np.zeros(len(rows), np.int64),
        whole.tracks,
        SHORT_WINDOW_SAMPLES,
    )
    track_of = np.concatenate([_tracks_of_genre(table, whole, genre)[1] for genre in genres])
    return _with_tracks(table, track_of)


def rebuilt_figures(folder: Path) -> dict[str, dict[str, Any]]:
    """Say by genre how sure the rebuilt tracks of the 3 s table are."""
    table, whole = read_table_3s(folder), read_table_30s(folder)
    return {genre: _sureness(table, whole, genre, folder) for genre in table.label_names}


def read_tracks(folder: Path) -> dict[str, tuple[str, str]]:
    """Give artist and side of the fault-filtered split by track; empty where nobody knows."""
    return {
        row["track_id"]: (row["artist"], row["fault_filtered_split"]) for row in _rows(folder / "tracks.csv")
    }


def _tracks_of_genre(table: FeatureTable, whole: FeatureTable, genre: str) -> tuple[RebuiltTracks, Integers]:
    return _rebuilt(table, whole, genre, MATCHED_COLUMNS)


def _rebuilt(
    table: FeatureTable, whole: FeatureTable, genre: str, columns: Sequence[str]
) -> tuple[RebuiltTracks, Integers]:
    rows = table.labels == table.label_names.index(genre)
    tracks = np.flatnonzero(whole.labels == whole.label_names.index(genre))
    rebuilt = rebuild_tracks(table.chosen(columns)[rows], whole.chosen(columns)[tracks])
    return rebuilt, tracks[rebuilt.track_of]


def _sureness(table: FeatureTable, whole: FeatureTable, genre: str, folder: Path) -> dict[str, Any]:
    rebuilt, track_of = _tracks_of_genre(table, whole, genre)
    _, other_track_of = _rebuilt(table, whole, genre, CHECKED_COLUMNS)
    differ = np.flatnonzero(track_of != other_track_of)
    lengths = {row["filename"]: int(row["length"]) for row in _rows(folder / "features_30_sec.csv")}
    counts = dict(zip(*np.unique(track_of, return_counts=True), strict=True))
    short = {track for track, count in counts.items() if count < max(BLOCK_ROWS)}
    expected = {track for track in counts if lengths[f"{whole.tracks[track]}.wav"] < WINDOW_SAMPLES}
    nearest = rebuilt.distances[np.arange(len(rebuilt.blocks)), rebuilt.assigned]
    return {
        "blocks": len(rebuilt.blocks),
        "rows": len(track_of),
        "rows_that_other_columns_give_another_track": len(differ),
        "tracks_that_differ": sorted({whole.tracks[track] for track in track_of[differ]}),
        "short_blocks": len(short),
        "short_blocks_on_short_tracks": len(short & expected),
        "median_distance": round(float(np.median(nearest)), 4),
        "greatest_distance": round(float(nearest.max()), 4),
    }


def _with_tracks(table: FeatureTable, track_of: Integers) -> FeatureTable:
    """Keep the tracks that have rows."""
    present, renumbered = np.unique(track_of, return_inverse=True)
    return FeatureTable(
        table.columns,
        table.values,
        table.labels,
        table.label_names,
        renumbered.ravel().astype(np.int64),
        tuple(table.tracks[track] for track in present),
        table.window_samples,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise StreamgenreError(
            f"{path}: no such table; name the folder of the research data with --data"
        ) from None


def _numbers(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> Float64:
    return np.array([[float(row[column]) for column in columns] for row in rows])
