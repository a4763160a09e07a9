"""The configuration: everything that is wrong with it, or what it asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from streamgenre.config import default_config_path, load_settings
from streamgenre.doctor.check import Check
from streamgenre.errors import ConfigurationError
from streamgenre.settings import Settings


def read_configuration(stated: Path | None, given: list[Settings]) -> Iterator[Check]:
    """Tell what is found; where it is good, put it into `given`."""
    path = stated or default_config_path()
    if stated is None and _is_absent(path):
        told = f"none at {path}; only `streamgenre run` needs one"
        yield Check("config", "ok", told, "`streamgenre config init` writes one to begin with")
        return
    try:
        settings = load_settings(path, os.environ)
    except ConfigurationError as error:
        remedy = "correct it; what depends on it was not examined"
        lines = [line for line in str(error).splitlines() if line.strip()]
        lines = lines[1:] or lines  # the first of several counts them
        yield from (Check("config", "failed", line, remedy) for line in lines)
        return
    given.append(settings)
    yield Check("config", "ok", f"{path}: node {settings.node}, {_what(settings)}")


def _is_absent(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:  # reading it will tell
        return False


def _what(settings: Settings) -> str:
    count = len(settings.sources)
    sections = ("mqtt", "history", "metrics", "json_lines")
    parts = [f"[{name}]" for name in sections if getattr(settings, name) is not None]
    return ", ".join([f"{count} source{'s' * (count != 1)}", *parts])
