"""Writing TOML: just what cards need, in the order given."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast


def toml_text(values: Mapping[str, Any]) -> str:
    """Write nested mappings of text, numbers, truth values, times, lists; a table's own keys come first."""
    return "\n".join(_lines(values, "")).strip() + "\n"


def _lines(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    for key, value in values.items():
        if key not in tables:
            yield f"{_key(key)} = {_value(value)}"
    for key, table in cast("dict[str, Mapping[str, Any]]", tables).items():
        if not table or not all(isinstance(value, Mapping) for value in table.values()):
            yield f"\n[{prefix}{_key(key)}]"
        yield from _lines(table, f"{prefix}{_key(key)}.")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = cast("Mapping[str, object]", value)
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in inner.items()) + "}"
    if isinstance(value, list | tuple):
        return _list([_value(item) for item in cast("Sequence[object]", value)])
    raise TypeError(f"TOML has no place for {value!r}")


def _list(items: Sequence[str]) -> str:
    joined = ", ".join(items)
    return f"[{joined}]" if len(joined) < 90 else "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
