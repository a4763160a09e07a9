"""Writing a file whole or not at all: what was there stays until all is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from streamgenre.errors import StreamgenreError, UsageError

NO_PLAIN_FILES = ("/dev/", "/proc/")


@contextmanager
def output_file(path: Path) -> Generator[TextIO]:
    """Open a file that takes the place of `path` at the end; devices and pipes are written directly."""
    try:
        if _replaceable(path):
            with _replacement(path.resolve()) as file:
                yield file
        else:
            with path.open("w", encoding="utf-8") as file:
                yield file
    except OSError as error:
        raise StreamgenreError(f"cannot write to {path}: {error.strerror}") from error


def require_writable(path: Path) -> None:
    """Fail before hours of work rather than after."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write to {path}: name a file in a folder that exists")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise UsageError(f"cannot write to {path}: permission denied")


def _replaceable(path: Path) -> bool:
    if str(path.absolute()).startswith(NO_PLAIN_FILES) or (path.exists() and not path.is_file()):
        return False
    return os.access(path.resolve().parent, os.W_OK)


@contextmanager
def _replacement(path: Path) -> Generator[TextIO]:
    beside = path.with_name(f".streamgenre-{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            yield file
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
