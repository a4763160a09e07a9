"""Folders of audio as people have them: GTZAN's, FMA's, or a list in a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from streamgenre.errors import StreamgenreError
from training.datasets import Clip
from training.systems.tables import GENRES, read_tracks

AUDIO_SUFFIXES = frozenset({".wav", ".au", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aiff", ".aif"})
_FMA_SIDES = {"training": "train", "validation": "valid", "test": "test"}
_LISTED_SIDES = {"train", "valid", "test", ""}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds."""

    clips: list[Clip] = field(default_factory=list)
    splits: dict[str, str] = field(default_factory=dict)
    """By a clip's key: train, valid, test, or empty."""
    skipped: dict[str, str] = field(default_factory=dict)
    """By path: why it is left out."""

    def add(self, clip: Clip, split: str) -> None:
        if not clip.label:
            self.skipped[str(clip.path)] = "no genre is known for it"
        elif not clip.path.is_file():
            self.skipped[str(clip.path)] = "no such file"
        else:
            self.clips.append(clip)
            self.splits[clip.key] = split


def list_audio(path: Path, tables: Path) -> Listing:
    """Tell by what is there which layout it is; raises StreamgenreError where it is none.

    tables: the folder of the research tables, which know GTZAN's artists; it may be absent.
    """
    if path.is_file():
        return _manifest(path)
    metadata = _fma_metadata(path)
    if metadata is not None:
        return _fma(path, metadata)
    for root in (path, path / "genres", path / "genres_original", path / "Data" / "genres_original"):
        genres = [folder for folder in _folders(root) if any(_audio_files(folder))]
        if genres:
            return _gtzan(genres, tables)
    raise StreamgenreError(
        f"{path}: no folders GENRE/*.wav (or {', '.join(sorted(AUDIO_SUFFIXES - {'.wav'}))}), no "
        "fma_metadata/tracks.csv, and no CSV file of path, genre, artist"
    )


def plain_label(genre: str) -> str:
    """Write a genre as the labels are written: `Hip-Hop` → `hiphop`."""
    return "".join(letter for letter in genre.casefold() if letter.isalnum() or letter in "/&").strip()


def _gtzan(genres: list[Path], tables: Path) -> Listing:
    listing = Listing()
    known = read_tracks(tables) if (tables / "tracks.csv").is_file() else {}
    for folder in genres:
        for path in _audio_files(folder):
            track = path.stem
            artist, split = known.get(track, ("", ""))
            named = track.split(".")[0]
            if named in GENRES and named != folder.name:
                listing.skipped[str(path)] = f"named {named}, but in the folder {folder.name}"
            else:
                listing.add(Clip(path, "gtzan", plain_label(folder.name), track, artist), split)
    return listing


def _fma_metadata(path: Path) -> Path | None:
    places = (path / "fma_metadata", path, path.parent / "fma_metadata")
    found = next((place / "tracks.csv" for place in places if (place / "tracks.csv").is_file()), None)
    return found if found is not None and _is_fma(found) else None


def _is_fma(path: Path) -> bool:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[:1] for _, row in zip(range(3), csv.reader(file), strict=False)][2:] == [["track_id"]]


def _fma(path: Path, metadata: Path) -> Listing:
    """Read the table with three header rows: group, name, and the name of the index."""
    listing = Listing()
    with metadata.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = list(zip(next(rows), next(rows), strict=True))
        next(rows)
        columns = (("track", "genre_top"), ("artist", "name"), ("set", "split"))
        genre, artist, split = (names.index(column) for column in columns)
        known = {f"{int(row[0]):06}": (row[genre], row[artist], row[split]) for row in rows}
    for audio in sorted(file for file in path.rglob("*.mp3") if file.stem.isdigit()):
        top, name, side = known.get(audio.stem, ("", "", ""))
        listing.add(Clip(audio, "fma", plain_label(top), audio.stem, name), _FMA_SIDES.get(side, ""))
    return listing


def _manifest(path: Path) -> Listing:
    """Read path, genre, artist and, if there is one, split; paths may be relative to the file's folder."""
    listing = Listing()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = {"path", "genre", "artist"} - set(rows.fieldnames or ())
        if missing:
            raise StreamgenreError(
                f"{path}: no column {', '.join(sorted(missing))} (needed: path, genre, artist)"
            )
        for row in rows:
            audio, side = path.parent / row["path"], row.get("split") or ""
            if side not in _LISTED_SIDES:
                listing.skipped[str(audio)] = f"split is {side!r}; it may be train, valid, test or empty"
                continue
            listing.add(Clip(audio, path.stem, plain_label(row["genre"]), row["path"], row["artist"]), side)
    return listing


def _folders(root: Path) -> list[Path]:
    return sorted(folder for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []


def _audio_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in AUDIO_SUFFIXES)
