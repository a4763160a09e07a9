"""Watching a broker: in the dashboard, or as JSON lines."""

from __future__ import annotations

import logging
import sys
import threading

from rich.console import Console

from streamgenre.cli.progress import waiting
from streamgenre.errors import StreamgenreError
from streamgenre.publish.broker_address import parse_broker_url
from streamgenre.publish.broker_trouble import BrokerTrouble
from streamgenre.publish.broker_watch import BrokerWatch, Viewed
from streamgenre.publish.broker_watch_topics import Overheard
from streamgenre.publish.dashboard import Board, Wall, noting_logs
from streamgenre.publish.payload import SCHEMA, Payload, to_json
from streamgenre.settings import MqttSettings

STALE_HEARTBEATS = 3

log = logging.getLogger(__name__)


def show(settings: MqttSettings, node: str | None) -> None:
    """Show every source until somebody quits."""
    ended = threading.Event()
    board = Board(stale_seconds=STALE_HEARTBEATS * settings.heartbeat_seconds, watched=True)
    wall = Wall(Console(), board, ended.set)
    watch = BrokerWatch(settings, BoardWatcher(board, wall), node)
    with waiting(f"connecting to {parse_broker_url(settings.url)}"):
        watch.open()
    with noting_logs(board.note):
        try:
            wall.start()
            watch.start()
            ended.wait()
        finally:
            wall.stop()
            watch.stop()
    if wall.failure:
        raise wall.failure


class BoardWatcher:
    """Puts what is heard on the board."""

    def __init__(self, board: Board, wall: Wall) -> None:
        self._board = board
        self._wall = wall

    def heard(self, message: Overheard) -> None:
        """Take a message."""
        board, node, source = self._board, message.node, message.source
        if message.leaf == "status":
            board.node_is(node, online=None if message.word is None else message.word == "online")
        elif source is not None and message.leaf == "availability":
            if message.word is not None:
                board.source_is((node, source), available=message.word == "online")
        elif payload := message.payload:
            board.tell(payload, fresh=not message.kept)
        elif message.leaf == "fleet" and not message.text:
            board.forget_fleet(node)
        elif source is not None and message.leaf == "state" and not message.text:
            board.forget((node, source))

    def connected(self, trouble: BrokerTrouble | None) -> None:
        """Say why nothing comes."""
        self._board.trouble(f"no broker: {trouble.text}" if trouble else None)

    def viewed(self) -> Viewed | None:
        """Return the source that has the whole screen."""
        return self._wall.in_view


def write_lines(settings: MqttSettings, node: str | None) -> None:
    """Write every message as a line of JSON until nobody reads them."""
    watcher = LineWatcher()
    watch = BrokerWatch(settings, watcher, node)
    with waiting(f"connecting to {parse_broker_url(settings.url)}"):
        watch.open()
    try:
        watch.start()
        watcher.ended.wait()
    finally:
        watch.stop()
    if watcher.failure and not isinstance(watcher.failure, BrokenPipeError):
        raise watcher.failure


class LineWatcher:
    """Writes what is heard."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.failure: BaseException | None = None
        self._told: str | None = None

    def heard(self, message: Overheard) -> None:
        """Write it, if nothing failed before."""
        payload = message.payload
        if message.leaf in {"status", "availability"} and message.word:
            payload = {"schema": SCHEMA, "type": message.leaf, "node": message.node}
            payload |= {"source": message.source} if message.source else {}
            payload[message.leaf] = message.word
        if payload is None or self.failure or not (line := _line(payload)):
            return
        try:
            sys.stdout.write(line)
            sys.stdout.flush()
        except (OSError, ValueError, StreamgenreError) as error:
            self.failure = error
            self.ended.set()

    def connected(self, trouble: BrokerTrouble | None) -> None:
        """Tell it once."""
        if trouble and trouble.text != self._told:
            log.warning("%s", trouble)
        elif trouble is None and self._told:
            log.warning("the broker is there again")
        self._told = trouble.text if trouble else None

    def viewed(self) -> Viewed | None:
        """No sound is asked for."""
        return None


def _line(payload: Payload) -> str | None:
    """Return it as stdout can take it; None: it is nested too deep. It may be anybody's."""
    try:
        line = to_json(payload) + "\n"
    except (ValueError, RecursionError):
        log.warning("a message of node %s cannot be written as JSON and is left out", payload.get("node"))
        return None
    return line.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding)
