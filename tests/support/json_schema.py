"""As much of JSON Schema 2020-12 as our own schemas use; whatever else a schema holds is an error."""

from __future__ import annotations

import math
import re
from typing import Any

ANNOTATIONS = {"$schema", "title", "description", "default", "examples"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Whether the value is valid."""
    return all(
        _RULES[rule](schema, value, bound) for rule, bound in schema.items() if rule not in ANNOTATIONS
    )


def inlined(schema: Any, root: dict[str, Any] | None = None) -> Any:
    """Return a schema with what its `$ref`s lead to in their place; none may lead round."""
    root = schema if root is None else root
    if isinstance(schema, dict):
        if "$ref" in schema:
            return inlined(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
        return {rule: inlined(bound, root) for rule, bound in schema.items() if rule != "$defs"}
    return [inlined(one, root) for one in schema] if isinstance(schema, list) else schema


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _type(schema: Any, value: Any, kind: str | list[str]) -> bool:
    if isinstance(kind, list):
        return any(_type(schema, value, one) for one in kind)
    if kind in ("number", "integer"):
        return _is_number(value) and (kind == "number" or value == int(value))
    return isinstance(value, TYPES[kind])


def _properties(_schema: Any, value: Any, known: dict[str, Any]) -> bool:
    return not isinstance(value, dict) or all(
        accepts(known[name], one) for name, one in value.items() if name in known
    )


def _additional(schema: Any, value: Any, allowed: bool) -> bool:
    assert allowed is False, "not written yet"
    return not isinstance(value, dict) or value.keys() <= schema["properties"].keys()


def _dependent(_schema: Any, value: Any, needs: dict[str, list[str]]) -> bool:
    return not isinstance(value, dict) or all(
        other in value for name, others in needs.items() if name in value for other in others
    )


def _pattern(_schema: Any, value: Any, pattern: str) -> bool:
    """In ECMAScript `$` is the very end."""
    ours = re.sub(r"\$$", r"\\Z", pattern)
    return not isinstance(value, str) or re.search(ours, value) is not None


_RULES = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "dependentRequired": _dependent,
    "pattern": _pattern,
    "required": lambda _, value, names: not isinstance(value, dict) or value.keys() >= set(names),
    "items": lambda _, value, each: not isinstance(value, list) or all(accepts(each, one) for one in value),
    "enum": lambda _, value, words: any(value == word and type(value) is type(word) for word in words),
    "const": lambda _, value, word: value == word and type(value) is type(word),
    "oneOf": lambda _, value, each: [accepts(one, value) for one in each].count(True) == 1,
    "maxItems": lambda _, value, most: not isinstance(value, list) or len(value) <= most,
    "minimum": lambda _, value, low: not _is_number(value) or value >= low,
    "maximum": lambda _, value, high: not _is_number(value) or value <= high,
    "maxLength": lambda _, value, longest: not isinstance(value, str) or len(value) <= longest,
}
