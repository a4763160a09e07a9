"""Writing configuration files for tests, and reading what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamgenre.config import load_settings
from streamgenre.config.toml_text import toml_value
from streamgenre.errors import ConfigurationError
from streamgenre.settings import Settings


def written(folder: Path, text: str) -> Path:
    path = folder / "streamgenre.toml"
    path.write_text(text)
    return path


def loaded(folder: Path, text: str, environment: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """Return the settings of a file; flags with __ for the dot."""
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    return load_settings(written(folder, text), environment or {}, dotted)


def complaints(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the lines of the refusal, the file's own path left out; none: it was taken."""
    try:
        loaded(folder, text, environment)
    except ConfigurationError as error:
        lines = [line.replace(f"{folder / 'streamgenre.toml'}: ", "") for line in str(error).splitlines()]
        return lines if len(lines) == 1 else lines[1:]
    return []


def to_toml(document: Mapping[str, Any]) -> str:
    """Return tables, arrays of tables and plain values as TOML."""
    tables: list[str] = []
    plain: list[str] = []
    for name, value in document.items():
        if isinstance(value, dict):
            tables += [f"[{toml_value(name)}]", *_lines(value)]
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:
                tables += [f"[[{toml_value(name)}]]", *_lines(one)]
        else:
            plain += _lines({name: value})
    return "\n".join([*plain, *tables]) + "\n"


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{toml_value(name)} = {_value(value)}" for name, value in table.items()]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(_lines(value)) + "}"
    return toml_value(value)
