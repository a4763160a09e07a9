"""Where the program begins: small, so that Ctrl-C is answered before anything large is imported."""

from __future__ import annotations

import signal

from streamgenre.cli.endings import leave_interrupted


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGINT, leave_interrupted)
    from streamgenre.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
