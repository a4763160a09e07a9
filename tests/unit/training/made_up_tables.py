"""Tables and folders in the layout of the real ones, with numbers and sounds made up here."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from training.systems.columns import LIVE_COLUMNS, WHOLE_CLIP_COLUMNS

RATE_HZ = 22050
TRACKS = 12


def write_tables(data: Path, genres: Sequence[str], *, short_track: int | None = None) -> NDArray[np.int64]:
    """Write both tables and tracks.csv; give the track of each row of the 3 s table.

    The 3 s rows of a track average to its 30 s row, but at another level; tracks come in an order of their
    own. `short_track`, by number, gave nine rows.
    """
    generator = np.random.default_rng(5)
    folder = data / "gtzan_tables"
    folder.mkdir(parents=True)
    columns = (*LIVE_COLUMNS, *WHOLE_CLIP_COLUMNS)
    names = [f"{genre}.{number:05}" for genre in genres for number in range(TRACKS)]
    offsets = {genre: generator.normal(0, 1.0, len(columns)) for genre in genres}
    values = np.stack([10 + offsets[n.split(".")[0]] + generator.normal(0, 1.0, len(columns)) for n in names])
    lengths = [661_000 if index == short_track else 661_794 for index in range(len(names))]
    rows_30 = [
        [f"{n}.wav", length, *v, n.split(".")[0]] for n, length, v in zip(names, lengths, values, strict=True)
    ]
    _write(folder / "features_30_sec.csv", ["filename", "length", *columns, "label"], rows_30)
    rows_3, track_of = _rows_3s(names, values, lengths, generator)
    kept = [column for column in columns if not column.startswith(("harmony", "perceptr"))]
    chosen = [columns.index(column) for column in kept]
    _write(
        folder / "features_3_sec_5genres.csv",
        [*kept, "label"],
        [[*row[chosen], names[track].split(".")[0]] for row, track in zip(rows_3, track_of, strict=True)],
    )
    sides = ("train", "train", "valid", "test")
    known = [
        [n, n.split(".")[0], sides[i // 2 % 4], f"artist {i // 2}", "a title"] for i, n in enumerate(names)
    ]
    known[1][3] = known[6][3]  # an artist on both sides, as the published split has some
    _write(folder / "tracks.csv", ["track_id", "genre", "fault_filtered_split", "artist", "title"], known)
    return np.array(track_of)


def _rows_3s(
    names: list[str], values: NDArray[np.float64], lengths: list[int], generator: np.random.Generator
) -> tuple[list[NDArray[np.float64]], list[int]]:
    genres = list(dict.fromkeys(name.split(".")[0] for name in names))
    rows: list[NDArray[np.float64]] = []
    track_of: list[int] = []
    for genre in genres:
        tracks = [index for index, name in enumerate(names) if name.startswith(f"{genre}.")]
        for track in generator.permutation(tracks):
            count = 9 if lengths[track] < 661_500 else 10
            noise = generator.normal(0, 0.3, (count, values.shape[1]))
            rows += list(values[track] + noise - noise.mean(axis=0))
            track_of += [int(track)] * count
    return rows, track_of


def write_tone(path: Path, seed: int, seconds: float = 3.2) -> None:
    """A chord with noise, mono at 22,050 Hz, in the format that the suffix says."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * hz * time) for hz in generator.uniform(100, 2000, 3))
    samples = 0.1 * tones + generator.normal(0, 0.02, len(time))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE_HZ)


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
