"""`streamgenre fleet run`: a list of stations, followed by the machines of a cluster."""

from __future__ import annotations

import signal
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Annotated

import typer

from streamgenre.cli.endings import Interrupted, Terminated
from streamgenre.cli.fleet_options import AddressOption

EXAMPLES = """Examples:

streamgenre fleet run --stations stations.csv

streamgenre fleet run --stations stations.m3u --config fleet.toml --address radio.example:6379
"""


def run(
    *,
    stations: Annotated[
        Path,
        typer.Option("--stations", "-s", metavar="FILE", help="The list: TOML, CSV, M3U, PLS or OPML."),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="Publishers and rules; default: that of `run`. Its sources do not count.",
        ),
    ] = None,
    address: AddressOption = "auto",
) -> None:
    """Follow a list of stations on as many machines as the cluster has; publish as one daemon would.

    Bad lines of the list are told with their numbers, the good ones hold. SIGHUP, or the same command
    again, reads list and configuration anew. Ctrl-C leaves a
    fleet on a cluster running: `fleet stop` ends it.
    """
    from streamgenre.fleet.connection import require_ray
    from streamgenre.fleet.deploying import fleet_folder, load_deployment
    from streamgenre.fleet.foreground import FleetRun
    from streamgenre.sd_notify import Notifier

    wishes = _Wishes()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, wishes.note)
    require_ray()
    notifier = Notifier.from_environment()
    fleet = FleetRun(
        address, fleet_folder(), lambda: load_deployment(stations, config), notifier, wishes.queue
    )
    try:
        ended_by = fleet.run()
    finally:
        notifier.stopping()
    if ended_by is not None:
        raise Interrupted if ended_by == signal.SIGINT else Terminated


class _Wishes:
    """Signals, for the loop to obey."""

    def __init__(self) -> None:
        self.queue = SimpleQueue[int]()

    def note(self, number: int, _frame: FrameType | None) -> None:
        self.queue.put(number)
