"""How a source is, apart from what it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamgenre.messages import SourceState
from streamgenre.publish.dashboard.text import clock

Condition = SourceState | Literal["waiting", "unavailable", "stale", "offline"]

SIGNS: dict[Condition, tuple[str, str]] = {
    "online": ("●", "*"),
    "waiting": ("◌", "."),
    "stalled": ("◌", "!"),
    "reconnecting": ("◌", "!"),
    "stale": ("◌", "!"),
    "unavailable": ("✕", "x"),
    "offline": ("✕", "x"),
    "ended": ("■", "."),
    "failed": ("✕", "x"),
    "disabled": ("○", "o"),
}
CALM: frozenset[Condition] = frozenset({"online", "waiting", "ended", "disabled"})
"""Nobody needs to do anything."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One of few conditions, and why."""

    condition: Condition
    reason: str | None = None

    @property
    def words(self) -> str:
        return f"{self.condition}: {self.reason}" if self.reason else self.condition

    @property
    def current(self) -> bool:
        """Whether what is known of the sound is of now."""
        return self.condition in {"online", "waiting"}

    @property
    def in_trouble(self) -> bool:
        return self.condition not in CALM


ONLINE = Standing("online")


def silent_for(seconds: float) -> Standing:
    """Nothing comes from a source of this process."""
    return Standing("stalled", f"nothing heard for {clock(seconds)}")


def stale_for(seconds: float) -> Standing:
    """Nothing is told of a source elsewhere."""
    return Standing("stale", f"nothing told for {clock(seconds)}")
