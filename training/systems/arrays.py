"""The 8-bit spectrograms of GTZAN as training material, and how a live window comes to look like them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamgenre.settings import FrontEndSettings, LogSpectrogramSettings
from training.systems.material import Material

LIVE_FRAMES = 2952
"""Of 30 s: (661,500 − 256) // 224 + 1."""
COLUMNS = 496
LIVE = FrontEndSettings(frames=LogSpectrogramSettings(), window_frames=LIVE_FRAMES, loudness=None)
_DB_PER_NEPER = np.float32(10 / np.log(10))
_FOLDER = "gtzan_spectrograms"


def picked_frames(columns: int, frames: int) -> NDArray[np.int64]:
    """(columns,): column j is frame floor((j + 1) / columns · (frames − 1))."""
    return np.arange(1, columns + 1) * (frames - 1) // columns


def spectrogram_material(data: Path, without: Sequence[str] = ()) -> Material:
    """Read every track: inputs (999, 496, 128) float32, natural log of the power spectral density.

    without: labels left out. Raises FileNotFoundError where the data are not.
    """
    with np.load(data / _FOLDER / "gtzan_spec_u8.npz") as file:
        kept = np.array([name.split(".")[0] not in without for name in file["ids"].tolist()])
        tracks = tuple(file["ids"][kept].tolist())
        shades = file["spec"][kept].transpose(0, 2, 1)
    known = _known_of_tracks(data)
    genres = [track.split(".")[0] for track in tracks]
    label_names = tuple(sorted(set(genres)))
    return Material(
        inputs=_log_density(shades, _scales(data, tracks)),
        labels=np.array([label_names.index(genre) for genre in genres], np.int64),
        label_names=label_names,
        track_of=np.arange(len(tracks)),
        tracks=tracks,
        credits=tuple(known[track]["artist"] for track in tracks),
        splits=tuple(known[track]["fault_filtered_split"] for track in tracks),
        front_end=LIVE,
    )


def excerpt_material(
    data: Path, excerpts: int, excerpt_columns: int, drawn_out: int, seed: int = 0
) -> Material:
    """Draw excerpts of each track: inputs (excerpts · 999, drawn_out, 128) float32, decibels.

    Each column stands several times, so that 3 s are as wide as the papers' pictures; no stream makes such
    rows. Raises FileNotFoundError where the data are not.
    """
    whole = spectrogram_material(data)
    generator = np.random.default_rng(seed)
    first = generator.integers(0, COLUMNS - excerpt_columns + 1, (len(whole.labels), excerpts))
    picked = first.reshape(-1, 1) + np.arange(drawn_out) * excerpt_columns // drawn_out
    track_of = np.repeat(whole.track_of, excerpts)
    return replace(
        whole,
        inputs=_DB_PER_NEPER * whole.inputs[track_of[:, None], picked],
        labels=whole.labels[track_of],
        track_of=track_of,
    )


def _log_density(shades: NDArray[np.uint8], scale: NDArray[np.float64]) -> NDArray[np.float32]:
    """Log PSD = lo + (u8 + 0.5) / 256 · (hi − lo); scale (tracks, 2) holds lo and hi."""
    low, high = scale[:, 0, None, None], scale[:, 1, None, None]
    step = ((high - low) / 256).astype(np.float32)
    return np.ascontiguousarray(shades * step + (low + step / 2).astype(np.float32))


def _scales(data: Path, tracks: tuple[str, ...]) -> NDArray[np.float64]:
    with (data / _FOLDER / "scale.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["track_id"]: row for row in csv.DictReader(file)}
    keys = ("log_psd_at_0", "log_psd_at_256")
    return np.array([[float(rows[track][key]) for key in keys] for track in tracks])


def _known_of_tracks(data: Path) -> dict[str, dict[str, str]]:
    with (data / "gtzan_tables" / "tracks.csv").open(encoding="utf-8", newline="") as file:
        return {row["track_id"]: row for row in csv.DictReader(file)}
