"""Writing TOML: just what cards need, in the order given."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def toml_text(values: Mapping[str, Any]) -> str:
    """Write nested mappings of text, numbers, truth values and lists; a table's own keys come first."""
    return "\n".join(_lines(values, "")).strip() + "\n"


def _lines(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    for key, value in values.items():
        if key not in tables:
            yield f"{key} = {_value(value)}"
    for key, table in tables.items():
        if not table or not all(isinstance(value, Mapping) for value in table.values()):
            yield f"\n[{prefix}{key}]"
        yield from _lines(table, f"{prefix}{key}.")


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        items = [_value(item) for item in value]
        joined = ", ".join(items)
        return (
            f"[{joined}]" if len(joined) < 90 else "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        )
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    raise TypeError(f"TOML has no place for {value!r}")
