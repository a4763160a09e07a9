"""The systemd that runs here: whether it does, and of which version it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from streamgenre.errors import UsageError
from streamgenre.service.layout import Layout

BOOTED = Path("/run/systemd/system")
"""Exists where systemd started this machine."""
ANSWER_SECONDS = 30.0


def version_of(layout: Layout) -> int:
    """Return the version of the service manager. Raises UsageError where there is none to be reached."""
    if not BOOTED.is_dir() or shutil.which("systemctl") is None:
        raise UsageError(
            f"systemd does not run here (there is no {BOOTED}).\n"
            "Have whatever starts services here start `streamgenre run`; it ends in order on SIGTERM."
        )
    words = (*layout.systemctl, "show", "--property=Version", "--value")
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)  # noqa: S603  # our own words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{' '.join(words)} failed: {error}") from error
    if found := re.search(r"\d+", done.stdout):
        return int(found.group())
    whose = "your own systemd cannot" if layout.is_user else "systemd cannot"
    hint = " Log in as yourself, not by su or sudo." if layout.is_user else ""
    raise UsageError(f"{whose} be reached: {' '.join(done.stderr.split())}.{hint}")


def require_rights(layout: Layout, verb: str) -> None:
    """Raise UsageError unless the user who asks is the one whose service it is to be."""
    if layout.is_user:
        if os.environ.get("SUDO_USER") and os.geteuid() == 0:
            raise UsageError(f"`service {verb} --user` is for yourself: run it without sudo")
    elif os.geteuid() != 0:
        raise UsageError(
            f"this needs root: sudo streamgenre service {verb}\n"
            f"Or, for a service of your own beside your sound server: streamgenre service {verb} --user"
        )
