"""What to try next on this machine: three commands that work as they stand."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

from streamgenre.cli.audio_paths import AUDIO_SUFFIXES

MUSIC = "Music"
MOST_FOLDERS = 200
"""Looked into for a first file."""


def next_steps() -> list[tuple[str, str]]:
    """Return three commands, each with what it does."""
    return [
        _listening(),
        _files(Path.home()),
        ("streamgenre listen --help", "your files, stations and pipes"),
    ]


def _listening() -> tuple[str, str]:
    from streamgenre.capture.devices.device_list import list_devices

    kinds = {device.kind for device in list_devices().devices}
    if "microphone" in kinds:
        return "streamgenre listen mic", "this computer's microphone or line-in"
    if "monitor" in kinds:
        return "streamgenre listen monitor", "what this computer plays"
    return "streamgenre doctor", "what it lacks to listen here, and the remedy"


def _files(home: Path) -> tuple[str, str]:
    if _holds_audio(home / MUSIC):
        return f"streamgenre classify ~/{MUSIC}", "your files, far faster than they play"
    return "streamgenre models show genre", "what the model knows, and how well"


def _holds_audio(folder: Path) -> bool:
    names = (name for _, _, files in islice(os.walk(folder), MOST_FOLDERS) for name in files)
    return any(Path(name).suffix.lower() in AUDIO_SUFFIXES for name in names)
