"""`streamgenre run`: the daemon."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.endings import Interrupted, Terminated
from streamgenre.errors import UsageError

if TYPE_CHECKING:
    from streamgenre.publish.dashboard import NodeDashboard

EXAMPLES = """Examples:

streamgenre run

streamgenre run --config bar.toml --dashboard

streamgenre config init && streamgenre config check && streamgenre run
"""


def run(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="The configuration; else $STREAMGENRE_CONFIG, ~/.config/streamgenre or /etc/streamgenre.",
        ),
    ] = None,
    *,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Show every source on this terminal; q ends the daemon.")
    ] = False,
) -> None:
    """Follow every source of the configuration and tell every publisher, until SIGTERM or Ctrl-C.

    SIGHUP reads the configuration again. When all its sources are files, it ends after the last.
    """
    wishes = _Wishes()
    signal.signal(signal.SIGHUP, wishes.note)
    signal.signal(signal.SIGTERM, wishes.leave)
    _live(config, wishes, shown=dashboard)


def _live(config: Path | None, wishes: _Wishes, *, shown: bool) -> None:
    from streamgenre.config import default_config_path, load_settings
    from streamgenre.daemon.life import Life
    from streamgenre.daemon.node import Node
    from streamgenre.logs import configure_logs
    from streamgenre.sd_notify import Notifier
    from streamgenre.settings import Settings

    path = config or default_config_path()

    def load() -> Settings:
        return load_settings(path, os.environ)

    def configure(settings: Settings) -> None:
        configure_logs(debug=debug, settings=settings.log)

    debug = logging.getLogger("streamgenre").getEffectiveLevel() == logging.DEBUG
    notifier = Notifier.from_environment()
    settings = load()
    configure(settings)
    with _dashboard(settings.node) if shown else nullcontext() as dashboard:
        node = Node(settings, notifier.extend_timeout, dashboard)
        try:
            node.start()
            ended_by = Life(node, load, notifier, configure, wishes.queue).run()
        finally:
            notifier.stopping()
            node.stop()
    if ended_by is not None:  # all is handed on: what may hang in a library is not waited for
        raise Interrupted if ended_by == signal.SIGINT else Terminated


@contextmanager
def _dashboard(node: str) -> Generator[NodeDashboard]:
    """Yield what the daemon draws on; log lines go to its foot."""
    from rich.console import Console

    from streamgenre.publish.dashboard import NodeDashboard, noting_logs
    from streamgenre.publish.dashboard.terminal import can_show_here

    if not can_show_here():
        raise UsageError(
            "--dashboard needs a terminal; leave it out here, or look with: streamgenre dashboard"
        )
    dashboard = NodeDashboard(Console(), node, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with noting_logs(dashboard.note, lambda: dashboard.broken):
        try:
            dashboard.start()
            dashboard.starting("starting; the first start compiles for this processor, up to a minute")
            yield dashboard
        finally:  # a second Ctrl-C may have cut short what else gives the terminal back
            dashboard.stop(0.0)


class _Wishes:
    """Signals that come before the daemon can obey them."""

    def __init__(self) -> None:
        self.queue = SimpleQueue[int]()

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Obey it as soon as that is possible."""
        self.queue.put(number)

    def leave(self, number: int, _frame: FrameType | None) -> None:
        """End at once; where a library swallows that, the daemon finds the wish when it looks."""
        self.queue.put(number)
        raise Terminated
