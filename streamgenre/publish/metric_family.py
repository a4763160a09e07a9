"""What a metric is, before any library writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Sample = tuple[tuple[str, ...], float]
"""Values of the labels, in the order of the family's, and the metric's value."""
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class MetricFamily(Generic[Read]):
    """One name with its meaning, and how its samples are read."""

    name: str
    kind: Literal["gauge", "counter"]
    meaning: str
    """One sentence without a final stop: the HELP line and docs/metrics.md."""
    read: Callable[[Read], Iterable[Sample]]
    """Samples as they are now."""
    labels: tuple[str, ...] = ()
    """Names, beside `source` where the metric is one of a source."""


def single(value: float | None) -> list[Sample]:
    """Return the sample without labels; none where the value is not known."""
    return [] if value is None else [((), float(value))]


def one_hot(values: Iterable[str], held: str | None) -> list[Sample]:
    """Return 1 for the value that holds and 0 for the others; none where nothing is known."""
    return [] if held is None else [((value,), float(value == held)) for value in values]
