"""What Ray says on its own account is turned away from the terminal; with --debug it is let through."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

STDERR = 2


def wants_chatter() -> bool:
    """Whether somebody asked for all that can be said."""
    return logging.getLogger("streamgenre").isEnabledFor(logging.DEBUG)


def log_level() -> int:
    """Give the level that Ray's own lines need to be shown."""
    return logging.INFO if wants_chatter() else logging.CRITICAL


@contextmanager
def chatter_turned_away() -> Generator[None]:
    """Keep what Ray's libraries write to descriptor 2 from the terminal; ours goes past it, by a copy.

    To be entered before a progress bar is begun: that puts something of its own in the place of sys.stderr.
    """
    is_ours = isinstance(sys.stderr, TextIOWrapper) and sys.stderr.fileno() == STDERR
    if wants_chatter() or not is_ours:
        yield
        return
    before = sys.stderr
    before.flush()
    kept = os.dup(STDERR)
    # Whoever took hold of it meanwhile keeps it: it is not closed here.
    sys.stderr = open(  # noqa: SIM115, PTH123
        kept, "w", buffering=1, encoding=before.encoding, errors=before.errors
    )
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), STDERR)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, STDERR)
        sys.stderr = before


def hush_printing() -> None:
    """Ray prints a paragraph on stdout for each worker that dies; call after Ray is imported."""
    from ray._private import worker  # noqa: PLC0415  # an extra

    # Its own debugger does so; there is no other switch.
    worker._worker_logs_enabled = wants_chatter()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
