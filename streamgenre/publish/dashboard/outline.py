"""What must be known of every source at every moment, drawn or not."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.publish.dashboard.standing import Standing


@dataclass(frozen=True, slots=True)
class Outline:
    """One source at one moment."""

    node: str
    source: str
    """As it is shown."""
    standing: Standing
    alarmed: bool
    known_seconds: float
    """How far back its passages are known."""

    @property
    def wants_help(self) -> bool:
        return self.standing.in_trouble or (self.standing.current and self.alarmed)
