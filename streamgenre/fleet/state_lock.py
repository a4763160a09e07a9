"""One supervisor a state folder: two would undo what the other has written."""

from __future__ import annotations

from pathlib import Path

from streamgenre.errors import ConfigurationError
from streamgenre.publish.outbox_lock import OutboxLock

LOCK_FILE = "fleet.lock"


class StateTakenError(ConfigurationError):
    """Another process has the folder; it may be about to end."""


def lock_state(folder: Path) -> OutboxLock | None:
    """Take the folder for this process until its end. Raises StateTakenError.

    None: the disk cannot tell, and whoever writes there will say why.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return OutboxLock(folder / LOCK_FILE)
    except OSError:
        return None
    except ConfigurationError:
        raise StateTakenError(
            f"{folder}: another fleet keeps its state here; end it first, where it was started: "
            "streamgenre fleet stop"
        ) from None
