"""Who remembers what a process was at when it died, for it cannot tell itself."""

from __future__ import annotations

from typing import Protocol

MOST_CRASHES = 2
"""After as many a file is not tried again."""


class Witness:
    """Remembers which files were begun and not finished."""

    def __init__(self) -> None:
        self._begun: dict[str, list[str]] = {}

    def begin(self, path: str, machine: str) -> list[str]:
        """Note that a file is begun; return the machines that began it before and never finished."""
        before = self._begun.setdefault(path, [])
        told = list(before)
        before.append(machine)
        return told

    def finish(self, path: str) -> None:
        """Forget it: it did no harm."""
        self._begun.pop(path, None)


class Memory(Protocol):
    """A witness, wherever it is."""

    def begin(self, path: str, machine: str) -> list[str]: ...
    def finish(self, path: str) -> None: ...
