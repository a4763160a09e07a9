"""Where the program begins: small, so that Ctrl-C is answered before anything large is imported."""

from __future__ import annotations

import signal
import sys
from typing import Any, cast

from streamgenre.cli.endings import leave_interrupted

UNWANTED = ("scipy",)
"""Numba imports it where it is installed, for what no kernel calls: a quarter of a second of every start."""


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGINT, leave_interrupted)
    keep_out(UNWANTED)
    from streamgenre.cli.main import main as run

    run()


def keep_out(modules: tuple[str, ...]) -> None:
    """Have every import of these fail in this process, as if they were not installed."""
    for name in modules:
        cast("dict[str, Any]", sys.modules).setdefault(name, None)


if __name__ == "__main__":
    main()
