"""Where the Ray is that a `fleet run` has started for itself: nobody else knows of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from streamgenre.fleet.answering import answers

ADDRESS_FILE = "address"


def note_own_cluster(folder: Path, address: str) -> None:
    """Let other commands find it; where that cannot be written, they do not."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ADDRESS_FILE).write_text(f"{address}\n")


def forget_own_cluster(folder: Path) -> None:
    """It is gone."""
    with contextlib.suppress(OSError):
        (folder / ADDRESS_FILE).unlink()


def own_cluster(folder: Path) -> str | None:
    """Return HOST:PORT of the one that keeps its state there; None: none runs."""
    try:
        address = (folder / ADDRESS_FILE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return address if answers(address) else None
