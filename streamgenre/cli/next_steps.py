"""What to try next on this machine: three commands that work as they stand."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from itertools import islice
from pathlib import Path

from streamgenre.capture.audio_paths import AUDIO_SUFFIXES

PROGRAM = "streamgenre"
MUSIC = "Music"
MOST_FOLDERS = 200
"""Looked into for a first file."""


def next_steps() -> list[tuple[str, str]]:
    """Return three commands, each with what it does."""
    steps = [
        _listening(),
        _files(Path.home()),
        ("listen --help", "your files, stations and pipes"),
    ]
    program = _program()
    return [(f"{program} {words}", meaning) for words, meaning in steps]


def _program() -> str:
    """What a shell finds it by: after `make demo` it is on no path."""
    if shutil.which(PROGRAM):
        return PROGRAM
    called = Path(sys.argv[0])
    if called.name != PROGRAM or not called.is_file():
        return PROGRAM
    path, here = called.absolute(), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _listening() -> tuple[str, str]:
    from streamgenre.capture.devices.device_list import list_devices

    kinds = {device.kind for device in list_devices().devices}
    if "microphone" in kinds:
        return "listen mic", "this computer's microphone or line-in"
    if "monitor" in kinds:
        return "listen monitor", "what this computer plays"
    return "doctor", "what it lacks to listen here, and the remedy"


def _files(home: Path) -> tuple[str, str]:
    if _holds_audio(home / MUSIC):
        return f"classify ~/{MUSIC}", "your files, far faster than they play"
    return "models show genre", "what the model knows, and how well"


def _holds_audio(folder: Path) -> bool:
    names = (name for _, _, files in islice(os.walk(folder), MOST_FOLDERS) for name in files)
    return any(Path(name).suffix.lower() in AUDIO_SUFFIXES for name in names)
