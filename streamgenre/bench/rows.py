"""One line of a benchmark's result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from streamgenre.bench.goals import goal_of

Ratio = Literal["theirs / ours", "ours / theirs"]
TIMES_LESS: Ratio = "theirs / ours"
SHARE: Ratio = "ours / theirs"

_ROUNDING_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of ours, alone or beside one peer."""

    section: str
    name: str
    unit: str
    """Of `ours` and `theirs`."""
    ours: float | None = None
    """Median over the rounds; None where nothing was measured."""
    peer: str | None = None
    """What ours stands beside; None: nothing."""
    theirs: float | None = None
    """Median over the rounds; None where the peer is not installed."""
    ratio: float | None = None
    """Median over the rounds of each round's ratio."""
    ratio_is: Ratio | None = None
    spread: tuple[float, float] | None = None
    """A quarter and three quarters of the rounds lie below: of the ratio where there is one, else of ours."""
    n: int = 0
    """Rounds, or samples."""
    goal: str | None = None
    """For the ratio where there is a peer, else for ours."""
    met: bool | None = None
    note: str | None = None
    """What else is to be known, such as how to get a peer that is missing."""
    error: str | None = None
    """Why this subject could not be measured."""


def row_of(found: dict[str, Any]) -> Row:
    """Read a row that was written as JSON."""
    spread: Any = tuple(found["spread"]) if found["spread"] else None
    return Row(**{**found, "spread": spread})


def measured(section: str, name: str, unit: str, ours: Sequence[float], note: str | None = None) -> Row:
    """Ours alone, a value for each round."""
    value, goal = _median(ours), goal_of(section, name)
    return Row(
        section,
        name,
        unit,
        value,
        spread=_quarters(ours),
        n=len(ours),
        goal=str(goal) if goal else None,
        met=goal.met(value) if goal else None,
        note=note,
    )


def compared(  # noqa: PLR0913  # the two sides of a comparison
    section: str,
    name: str,
    unit: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    *,
    ratio_is: Ratio = TIMES_LESS,
    note: str | None = None,
) -> Row:
    """Ours beside a peer's, round by round."""
    pairs = zip(ours, theirs, strict=True)
    ratios = [b / a if ratio_is == TIMES_LESS else a / b for a, b in pairs]
    ratio, goal = _median(ratios), goal_of(section, name, peer)
    return Row(
        section,
        name,
        unit,
        _median(ours),
        peer,
        _median(theirs),
        ratio,
        ratio_is,
        _quarters(ratios),
        len(ratios),
        str(goal) if goal else None,
        goal.met(ratio) if goal else None,
        note,
    )


def missing(section: str, name: str, unit: str, peer: str, note: str) -> Row:
    """A peer that is not there to compare with."""
    goal = goal_of(section, name, peer)
    return Row(section, name, unit, peer=peer, goal=str(goal) if goal else None, note=note)


def failed(section: str, name: str, error: str) -> Row:
    """A subject that broke."""
    return Row(section, name, "", error=error)


def _median(values: Sequence[float]) -> float:
    return _rounded(float(np.median(values)))


def _quarters(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(values, (25, 75))
    return _rounded(float(low)), _rounded(float(high))


def _rounded(value: float) -> float:
    return float(f"{value:.{_ROUNDING_DIGITS}g}")
