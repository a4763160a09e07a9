"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from streamgenre.errors import StreamgenreError


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """Give the path of a file that takes the place of `path` at the end. Raises StreamgenreError."""
    beside = path.with_name(f".{path.name}.part")
    try:
        yield beside
        descriptor = os.open(beside, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        beside.replace(path)
    except OSError as error:
        raise StreamgenreError(
            f"cannot write to {path}: {error.strerror or error}; all that was heard is in the journal "
            "beside it: make room and run the same again"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
