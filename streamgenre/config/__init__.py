"""Configuration: a TOML file, the environment and flags become Settings; all errors are told together."""

from __future__ import annotations

from streamgenre.config.default_path import default_config_path
from streamgenre.config.differences import Changes, SourceDifference, changes
from streamgenre.config.load import Loaded, load, load_settings

__all__ = [
    "Changes",
    "Loaded",
    "SourceDifference",
    "changes",
    "default_config_path",
    "load",
    "load_settings",
]
