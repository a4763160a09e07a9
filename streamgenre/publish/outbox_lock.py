"""One process a file: two would give the same numbers to different events."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from streamgenre.errors import ConfigurationError


class OutboxLock:
    """Held from making to release() or the end of the process, however that comes."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            self.release()
            raise ConfigurationError(_refusal(path, holder)) from None
        with suppress(OSError):  # a full disk; the number is for people
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process have the file."""
        os.close(self._descriptor)


def _refusal(path: Path, holder: str) -> str:
    who = f"the process {holder}" if holder else "another process"
    return (
        f"{path.with_suffix('')}: {who} keeps its events here already.\n"
        "Stop it, or give each its own state directory."
    )
