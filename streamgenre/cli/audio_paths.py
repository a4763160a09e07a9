"""Which files a PATH of `classify` stands for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    {
        *(".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".caf", ".dsf", ".flac", ".m4a"),
        *(".m4b", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpc", ".mpeg", ".mpg", ".oga", ".ogg"),
        *(".ogv", ".opus", ".ra", ".rm", ".snd", ".spx", ".tta", ".voc", ".w64", ".wav", ".weba", ".webm"),
        *(".wma", ".wmv", ".wv"),
    }
)


def audio_paths(paths: Iterable[Path]) -> list[Path]:
    """Return every file named, and of every folder named the audio files in it, sorted, each once."""
    found = (file for path in paths for file in (_inside(path) if path.is_dir() else [path]))
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES:
                yield Path(where) / name
