"""How a source is, apart from what it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamgenre.messages import SourceChange, SourceState
from streamgenre.publish.dashboard.text import clock

Condition = SourceState | Literal["starting", "waiting", "unavailable", "stale", "offline"]

SIGNS: dict[Condition, tuple[str, str]] = {
    "online": ("●", "*"),
    "starting": ("◌", "."),
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
CALM: frozenset[Condition] = frozenset({"online", "starting", "waiting", "ended", "disabled"})
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
        return self.condition in {"online", "starting", "waiting"}

    @property
    def in_trouble(self) -> bool:
        return self.condition not in CALM


ONLINE = Standing("online")
STARTING = Standing("starting")
"""Nothing was opened yet."""


def came_back(before: SourceChange | None, after: SourceChange) -> bool:
    """Whether a source that was tried again is heard again."""
    return before is not None and before.state == "reconnecting" and after.state == "online"


def silent_for(seconds: float) -> Standing:
    """Nothing comes from a source of this process."""
    return Standing("stalled", f"nothing heard for {clock(seconds)}")


def stale_for(seconds: float, *, sure: bool) -> Standing:
    """Nothing is told of a source elsewhere; not `sure`: it may be that its clock is behind."""
    return Standing("stale", f"nothing told for {clock(seconds)}{'' if sure else ' by its clock'}")
