"""Runs a command in namespaces of its own: loopback is its whole network, and what it starts ends with it."""

from __future__ import annotations

import shutil
import sys

from tests.support import isolated_ray


def isolated(*command: str) -> list[str]:
    """Return the command that runs this one alone."""
    call = isolated_ray.unshare_call()
    assert call is not None
    return [*call, sys.executable, "-m", isolated_ray.__name__, *command]


def why_not() -> str | None:
    """Return why that cannot be done here; None: it can."""
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    return None if isolated_ray.unshare_call() else "namespaces of its own are not permitted here: needs root"
