"""Strict reading of TOML tables: every mismatch names file, key, what was expected and what was found."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from streamgenre.errors import ModelError


class CardTable:
    """One table of a card; keys are taken out one by one, and what is left at the end is unknown."""

    def __init__(self, path: Path, values: Mapping[str, Any], prefix: str = "") -> None:
        self.path = path
        """The file it is from."""
        self._values = dict(values)
        self._prefix = prefix
        self._asked: list[str] = []

    @classmethod
    def from_file(cls, path: Path) -> CardTable:
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise ModelError(
                f"{path}: cannot read the model's card ({error.strerror}); a model is a folder with "
                "model.onnx and card.toml"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModelError(f"{path}: not valid TOML: {error}") from error

    def error(self, key: str, expected: str, found: object) -> ModelError:
        return ModelError(f"{self.path}: {self._prefix}{key}: expected {expected}, found {found!r}")

    def has(self, key: str) -> bool:
        """Whether an optional key is there; asking makes it known."""
        self._asked.append(key)
        return key in self._values

    def text(self, key: str) -> str:
        value = self._take(key, "text")
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "text", value)
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str:
        value = self.text(key)
        if value not in choices:
            raise self.error(key, f"one of {', '.join(choices)}", value)
        return value

    def integer(self, key: str, least: int, greatest: int) -> int:
        expected = f"a whole number from {least} to {greatest}"
        value = self._take(key, expected)
        if type(value) is not int or not least <= value <= greatest:
            raise self.error(key, expected, value)
        return value

    def number(self, key: str, least: float, greatest: float) -> float:
        expected = f"a number from {least:g} to {greatest:g}"
        value = self._take(key, expected)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= greatest:
            raise self.error(key, expected, value)
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._take(key, "a list of texts")
        if not isinstance(value, list) or not all(
            isinstance(item, str) for item in cast("list[object]", value)
        ):
            raise self.error(key, "a list of texts", value)
        return tuple(cast("list[str]", value))

    def table(self, key: str) -> CardTable:
        value = self._take(key, "a table")
        if not isinstance(value, dict):
            raise self.error(key, "a table", value)
        return CardTable(self.path, cast("dict[str, Any]", value), f"{self._prefix}{key}.")

    def mapping(self, key: str) -> dict[str, Any]:
        """Give a table of free content, empty when it is absent."""
        return self.table(key).everything() if self.has(key) else {}

    def everything(self) -> dict[str, Any]:
        return dict(self._values)

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                nearest = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(self._asked)}"
                raise ModelError(f"{self.path}: {self._prefix}{key}: unknown key; {hint}")

    def _take(self, key: str, expected: str) -> object:
        if not self.has(key):
            nearest = difflib.get_close_matches(key, self._values, n=1)
            found = f"nothing (perhaps {nearest[0]} is meant)" if nearest else "nothing"
            raise ModelError(f"{self.path}: {self._prefix}{key}: expected {expected}, found {found}")
        return self._values[key]
