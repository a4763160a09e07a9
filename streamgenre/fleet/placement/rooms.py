"""What is told to the planner, and what it decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MachineRoom:
    """A machine that may have groups."""

    id: str
    cores: float
    """That it gives to the fleet."""
    groups: int = 0
    """That it has now."""


@dataclass(frozen=True, slots=True)
class GroupRoom:
    """A group that stations may be given to."""

    id: str
    machine: str
    capacity_cores: float
    """What it can bear; 0.0: it leaves, and gives its stations to others."""
    lag_seconds: float = 0.0
    """How late it serves."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Groups for stations that had none."""

    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """By station."""
    overfull: tuple[str, ...] = ()
    """Groups that now have more than they can bear: there was no room elsewhere."""


@dataclass(frozen=True, slots=True)
class Move:
    """A station that is to change its group."""

    station: str
    source: str
    target: str
