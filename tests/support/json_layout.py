"""JSON that people can read."""

from __future__ import annotations

import json
from typing import Any

_LONGEST_LINE = 96
_NUMBERS_A_LINE = 16


def layout(payload: Any, indent: str = "", taken: int = 0) -> str:
    """Return JSON that people can read: short objects in a line, long ones a key a line.

    `taken`: characters of the first line that the key has.
    """
    line = json.dumps(payload, ensure_ascii=False)
    if not isinstance(payload, dict | list) or len(indent) + taken + len(line) <= _LONGEST_LINE:
        return line
    inner = f"{indent}  "
    if isinstance(payload, dict):
        parts = [f"{json.dumps(key)}: {layout(one, inner, len(key) + 4)}" for key, one in payload.items()]
        return "{\n" + ",\n".join(f"{inner}{part}" for part in parts) + f"\n{indent}}}"
    if payload and all(isinstance(one, float) for one in payload):
        return _filled(payload, indent)
    return "[\n" + ",\n".join(f"{inner}{layout(one, inner)}" for one in payload) + f"\n{indent}]"


def _filled(numbers: list[float], indent: str) -> str:
    rows = [
        ", ".join(map(str, numbers[at : at + _NUMBERS_A_LINE]))
        for at in range(0, len(numbers), _NUMBERS_A_LINE)
    ]
    return "[\n" + ",\n".join(f"{indent}  {row}" for row in rows) + f"\n{indent}]"
