"""Which files a PATH to be classified stands for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    {
        *(".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".caf", ".dsf", ".flac", ".m4a"),
        *(".m4b", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpc", ".mpeg", ".mpg", ".oga", ".ogg"),
        *(".ogv", ".opus", ".ra", ".rm", ".snd", ".spx", ".tta", ".voc", ".w64", ".wav", ".weba", ".webm"),
        *(".wma", ".wmv", ".wv"),
    }
)


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A file to classify, or a folder that could not be searched."""

    path: Path
    error: str | None = None


def audio_paths(paths: Iterable[Path]) -> list[FoundPath]:
    """Return every file named, and of every folder named the audio files in it, sorted, each once.

    A folder that cannot be listed is told with its error. Links to folders are not followed.
    """
    found = (each for path in paths for each in (_inside(path) if _is_folder(path) else [FoundPath(path)]))
    return list(dict.fromkeys(found))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # whoever reads it says what is wrong
        return False


def _inside(folder: Path) -> Iterator[FoundPath]:
    refused: list[OSError] = []
    for where, folders, files in os.walk(folder, onerror=refused.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES:
                yield FoundPath(Path(where) / name)
    for error in refused:
        yield FoundPath(
            Path(str(error.filename)), f"{error.filename}: the folder cannot be listed: {error.strerror}"
        )
