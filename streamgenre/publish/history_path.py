"""Where the history is, unless it is said."""

from __future__ import annotations

import os
from pathlib import Path

HISTORY_FILE = "history.sqlite"
SERVICE_FOLDER = Path("/var/lib/streamgenre")
"""Where the system service keeps its state; its users' shells know no $STATE_DIRECTORY."""
READERS_FOLDER = Path("/run/streamgenre")
"""Where members of the group streamgenre-history may look into that; to others it is closed."""


def default_history_path() -> Path:
    """Return the file the daemon writes: in systemd's state directory, else in the user's."""
    granted = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return (Path(granted) if granted else _user_folder()) / HISTORY_FILE


def history_to_read() -> Path:
    """Return the daemon's file as seen from here, or the system service's where there is no other."""
    places = [default_history_path(), SERVICE_FOLDER / HISTORY_FILE, READERS_FOLDER / HISTORY_FILE]
    seen = [path for path in places if _is_there(path)]
    hidden = [path for path in places if _is_there(path) is None]
    return (seen + hidden + places)[0]


def _is_there(path: Path) -> bool | None:
    """Whether it is there; None: it lies in a folder that is not for us to look into."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return True


def _user_folder() -> Path:
    stated = os.environ.get("XDG_STATE_HOME", "")
    home = Path(stated) if stated.startswith("/") else Path.home() / ".local/state"
    return home / "streamgenre"
