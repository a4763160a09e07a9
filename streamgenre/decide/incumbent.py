"""What holds until something else has led for long enough."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

_ROUNDING_SECONDS = 1e-6


class Incumbent(Generic[T]):
    """One published value and its challenger. The first value wins at once; later ones need backing."""

    def __init__(self, backing_seconds: float) -> None:
        self._needed_seconds = backing_seconds
        self.clear()

    @property
    def value(self) -> T | None:
        """What holds now; None before the first."""
        return self._value

    def challenge(self, leader: T, evidence_seconds: float) -> T:
        """Count this decision's evidence for its leader; return what holds afterwards."""
        if self._value is None:
            self._value = leader
        if leader == self._value:
            self._challenger, self._backing_seconds = None, 0.0
            return self._value
        if leader != self._challenger:
            self._challenger, self._backing_seconds = leader, 0.0
        self._backing_seconds += evidence_seconds
        if self._backing_seconds >= self._needed_seconds - _ROUNDING_SECONDS:
            self.clear()
            self._value = leader
        return self._value if self._value is not None else leader

    def clear(self) -> None:
        """Let the next leader win at once."""
        self._value: T | None = None
        self._challenger: T | None = None
        self._backing_seconds = 0.0
