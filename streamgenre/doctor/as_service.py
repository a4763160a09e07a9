"""Root examines the system service: its state directory and, while it runs, its credentials."""

from __future__ import annotations

import os
from pathlib import Path

from streamgenre.publish.history_path import SERVICE_FOLDER, default_history_path

CREDENTIALS = Path("/run/credentials/streamgenre.service")


def borrow_credentials() -> None:
    """Let passwords be found where the running service was given them."""
    if _is_root() and CREDENTIALS.is_dir():
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(CREDENTIALS))


def state_folder() -> Path:
    """Return the daemon's, as seen by who examines it."""
    of_service = _is_root() and "STATE_DIRECTORY" not in os.environ and SERVICE_FOLDER.exists()
    return SERVICE_FOLDER if of_service else default_history_path().parent


def _is_root() -> bool:
    return os.geteuid() == 0
