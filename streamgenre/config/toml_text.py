"""Writing TOML: values, and comments that fit the screen."""

from __future__ import annotations

import json
import textwrap

COLUMNS = 100


def toml_value(value: object) -> str:
    """Return a string, number or flag as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).encode("utf-8", "replace").decode()
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str) -> str:
    """Return prose as comment lines; what may be uncommented has no blank after its #."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, COLUMNS - 2, break_long_words=False))
