"""Starts of groups that are over: a report of theirs that arrives late says nothing."""

from __future__ import annotations

MOST_KEPT = 4096


class Gone:
    """The last of them, by incarnation."""

    def __init__(self) -> None:
        self._incarnations: dict[str, None] = {}

    def __contains__(self, incarnation: str) -> bool:
        return incarnation in self._incarnations

    def add(self, incarnation: str) -> None:
        """It is over."""
        self._incarnations[incarnation] = None
        if len(self._incarnations) > MOST_KEPT:
            del self._incarnations[next(iter(self._incarnations))]
