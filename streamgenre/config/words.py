"""A key in words, for whoever writes a configuration."""

from __future__ import annotations

from streamgenre.config.keys import Key
from streamgenre.config.toml_text import toml_value


def default_in_words(key: Key) -> str:
    """Return what holds where nothing is said."""
    if key.needed:
        return "none: it is needed"
    return key.otherwise or f"`{toml_value(key.default)}`"


def sentence(key: Key) -> str:
    """Return what a key means, what it may hold and what holds without it."""
    waits = " A change needs a restart." if key.restart else ""
    default = "Needed." if key.needed else f"Default: {default_in_words(key).replace('`', '')}."
    return f"{key.meaning}.{waits} Allowed: {key.kind.allowed}. {default}"
