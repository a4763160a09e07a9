"""What a key may hold: one class a kind, which reads it, says what is allowed and writes the schema."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Protocol

Plain = str | bool | int | float
Schema = dict[str, object]

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?")


class NotAllowedError(ValueError):
    """The value is none of those the kind allows."""


class Kind(Protocol):
    """What a key may hold."""

    @property
    def allowed(self) -> str:
        """In words, with the unit, as after "allowed:"."""
        ...

    def parse(self, value: object) -> Plain:
        """Return what a value of TOML means; raises NotAllowedError."""
        ...

    def parse_text(self, text: str) -> Plain:
        """Return what a variable of the environment means; raises NotAllowedError."""
        ...

    def schema(self) -> Schema:
        """Return the JSON Schema of the values `parse` takes."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A real number within a range, kept to a thousandth; true and false are none."""

    low: float
    high: float
    unit: str = ""
    """As people write it after the number; empty: it has none."""

    @property
    def allowed(self) -> str:
        return f"{_short(self.low)} to {_short(self.high)} {self.unit}".rstrip()

    def parse(self, value: object) -> float:
        number = _number(value)
        if not self.low <= number <= self.high:
            raise NotAllowedError
        return round(float(number), 3)

    def parse_text(self, text: str) -> float:
        return self.parse(_number_of_text(text))

    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within a range."""

    low: int
    high: int
    unit: str = ""
    """As people write it after the number; empty: it has none."""

    @property
    def allowed(self) -> str:
        return f"whole numbers from {_short(self.low)} to {_short(self.high)} {self.unit}".rstrip()

    def parse(self, value: object) -> int:
        number = _number(value)
        if not self.low <= number <= self.high or number != int(number):
            raise NotAllowedError
        return int(number)

    def parse_text(self, text: str) -> int:
        return self.parse(_number_of_text(text))

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    allowed: str = "true, false"

    def parse(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise NotAllowedError
        return value

    def parse_text(self, text: str) -> bool:
        word = text.strip().lower()
        if word not in TRUE | FALSE:
            raise NotAllowedError
        return word in TRUE

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return ", ".join(f'"{word}"' for word in self.words)

    def parse(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise NotAllowedError
        return value

    def parse_text(self, text: str) -> str:
        return self.parse(text)

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Text:
    """A string of a shape that JSON Schema and Python read alike."""

    allowed: str
    """In words."""
    pattern: str
    """A regular expression of the whole text."""
    longest: int = 4096
    """Letters."""

    def parse(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > self.longest or not re.fullmatch(self.pattern, value):
            raise NotAllowedError
        return value

    def parse_text(self, text: str) -> str:
        return self.parse(text)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": self.longest}


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise NotAllowedError
    return value


def _finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _number_of_text(text: str) -> float:
    if not _DECIMAL.fullmatch(text.strip()):
        raise NotAllowedError
    return float(text)


def _short(number: float) -> str:
    return f"{number:,.10g}" if abs(number) >= 10_000 else f"{number:.10g}"
