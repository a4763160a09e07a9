"""The unit files as they are shipped: in the package once it is installed, else beside it."""

from __future__ import annotations

from pathlib import Path

from streamgenre.errors import StreamgenreError

_PACKAGE = Path(__file__).parents[1]
SHIPPED_PROGRAM = "/usr/bin/streamgenre"
"""What ExecStart names until the program's place is known."""


def unit_text(name: str) -> str:
    """Return one of the files of `systemd/`."""
    for folder in (_PACKAGE / "shipped_units", _PACKAGE.parent / "systemd"):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    raise StreamgenreError(f"the file {name} is missing from this installation: install streamgenre again")
