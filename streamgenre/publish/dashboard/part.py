"""What is known beforehand of a programme: its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamgenre.messages import Status


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a programme."""

    start_seconds: float
    end_seconds: float
    title: str
    kind: str
    """In a word or two."""
    style: str
    """In a few words."""
    status: Status
    """What it is."""
    fitting: tuple[str, ...] = ()
    """Labels a listener would let pass for it; empty where it is no music."""


def part_at(parts: Sequence[Part], seconds: float) -> int | None:
    """Return which one is played at a time; None: none of them."""
    return next((at for at, one in enumerate(parts) if one.start_seconds <= seconds < one.end_seconds), None)
