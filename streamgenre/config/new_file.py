"""Writing a new configuration, never over another one unasked."""

from __future__ import annotations

import os
from pathlib import Path

from streamgenre.config.default_path import SYSTEM_PATH
from streamgenre.errors import ConfigurationError

OWNER_ALONE = 0o600
"""It may come to hold credentials of stations."""
EVERYBODY = 0o644
"""In the system's folder: the service runs as a user of its own, who must be able to read it."""


def write_new(path: Path, text: str, *, force: bool, with_folders: bool) -> bool:
    """Write the file; return whether others than its owner may read it.

    `force`: over one that is there, which keeps its owner and permissions.
    """
    mode = EVERYBODY if path.absolute().parent == SYSTEM_PATH.parent else OWNER_ALONE
    try:
        if with_folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        anew = os.O_TRUNC if force else os.O_EXCL
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | anew, mode)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # it is open already
                file.write(text)
        except OSError:
            if not force:
                path.unlink()
            raise
        return bool(path.stat().st_mode & 0o044)
    except FileExistsError:
        raise ConfigurationError(f"{path}: there is one already; --force writes over it") from None
    except IsADirectoryError:
        raise ConfigurationError(f"{path}: a folder; name a file") from None
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: its folder does not exist; make it first") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path}: cannot be written: {reason}") from None
