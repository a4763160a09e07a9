"""Where the configuration is, unless it is said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

CONFIG_VARIABLE = "STREAMGENRE_CONFIG"
CONFIG_FILE = "streamgenre.toml"
SYSTEM_PATH = Path("/etc/streamgenre") / CONFIG_FILE


def default_config_path(environment: Mapping[str, str] | None = None, *, root: bool | None = None) -> Path:
    """Return $STREAMGENRE_CONFIG, else the file of the service, of root or of the user."""
    variables = os.environ if environment is None else environment
    if stated := variables.get(CONFIG_VARIABLE):
        return Path(stated)
    if granted := variables.get("CONFIGURATION_DIRECTORY", "").split(":")[0]:
        return Path(granted) / CONFIG_FILE
    if _is_root() if root is None else root:
        return SYSTEM_PATH
    folder = variables.get("XDG_CONFIG_HOME", "")
    home = Path(folder) if folder.startswith("/") else Path.home() / ".config"
    return home / "streamgenre" / CONFIG_FILE


def _is_root() -> bool:
    return os.geteuid() == 0
