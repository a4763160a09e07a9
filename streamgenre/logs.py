"""Where log lines go: stderr, coloured on a terminal."""

from __future__ import annotations

import logging
import sys

from rich.console import Console
from rich.logging import RichHandler


def configure_logs(*, debug: bool) -> None:
    """Send warnings (with debug: everything of ours) to stderr."""
    root = logging.getLogger()
    root.handlers[:] = [_handler(debug=debug)]
    root.setLevel(logging.WARNING)
    logging.getLogger("streamgenre").setLevel(logging.DEBUG if debug else logging.INFO)


def _handler(*, debug: bool) -> logging.Handler:
    if sys.stderr.isatty():
        return RichHandler(console=Console(stderr=True), show_path=debug, rich_tracebacks=debug)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    return handler
