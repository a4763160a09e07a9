"""The process of `fleet run` that speaks to Ray; it ends with its parent, or when Ray takes it down."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import BinaryIO

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.fleet.connection import Connection, connected
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.driver_words import (
    DEBUG,
    Deploy,
    Deployed,
    Fares,
    Joined,
    Over,
    Refused,
    Said,
    Word,
    hear,
    say,
)
from streamgenre.fleet.news import moment
from streamgenre.fleet.state_lock import StateTakenError
from streamgenre.logs import configure_logs
from streamgenre.version import __version__

LOOK_SECONDS = 1.0
ASK_SECONDS = 10.0
STOP_SECONDS = 40.0
START_SECONDS = 60.0
TAKEN_SECONDS = 15.0
"""The supervisor of a cluster that was lost lets go of the state a little later."""


class Look:
    """Nothing was said: time to look how the fleet fares."""


LOOK = Look()


class Driver:
    """Deploys what it is told to, and tells how the fleet fares."""

    def __init__(self, folder: str, words: queue.SimpleQueue[Word | None], out: BinaryIO) -> None:
        self._folder = folder
        self._words = words
        self._out = out
        self._heard_to = moment()
        self._wanted: Deploy | None = None
        """What is still to be deployed."""
        self._trouble = ""
        self._over = False

    def run(self, address: str) -> None:
        """Work until the parent is gone. Raises StreamgenreError."""
        with connected(address) as connection:
            self._have_supervisor(connection)
            self._say(Joined(connection.address, connection.is_own, connection.machines(), connection.remark))
            while (word := self._next()) is not None:
                if isinstance(word, Deploy):
                    self._wanted = word
                self._attend()
            if connection.is_own and not self._over:
                self._end()

    def _have_supervisor(self, connection: Connection) -> None:
        import ray  # noqa: PLC0415  # an extra

        from streamgenre.fleet.ray_names import head_node  # noqa: PLC0415
        from streamgenre.fleet.ray_supervisor import have_supervisor  # noqa: PLC0415

        if ray.get_runtime_context().get_node_id() != head_node():
            raise UsageError(
                f"this machine is not the head of the cluster at {connection.address}: "
                "run `fleet run` on the head, where the fleet keeps its state"
            )
        before = _supervisor_is_there()
        have_supervisor(self._folder)
        version, folder = self._identity(new=not before)
        if version != __version__:
            raise UsageError(
                f"the fleet that runs here is streamgenre {version}, this one {__version__}; "
                "end it first: streamgenre fleet stop"
            )
        if folder != self._folder:
            raise UsageError(
                f"a fleet runs here already that keeps its state in {folder}, this one would in "
                f"{self._folder}; end it first: streamgenre fleet stop"
            )

    def _identity(self, *, new: bool) -> tuple[str, str]:
        import ray  # noqa: PLC0415  # an extra

        from streamgenre.fleet.ray_names import SUPERVISOR, find  # noqa: PLC0415

        try:
            return _ask_identity()
        except UnreachableError:
            raise
        except StreamgenreError:
            if new:  # it is of no use, and its name would be in the way of the next one
                ray.kill(find(SUPERVISOR))
            raise

    def _next(self) -> Word | Look | None:
        try:
            return self._words.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            return LOOK

    def _attend(self) -> None:
        """Deploy what is to be deployed, and look; a supervisor that is started anew is waited for."""
        from streamgenre.fleet.ray_names import NotThereError  # noqa: PLC0415  # an extra

        try:
            self._deploy()
            self._look()
            self._trouble = ""
        except NotThereError:
            self._over = True
            self._say(Over())
        except UnreachableError:
            pass
        except StreamgenreError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say(Said(logging.ERROR, self._trouble))

    def _deploy(self) -> None:
        from streamgenre.fleet.ray_names import SUPERVISOR, ask  # noqa: PLC0415  # an extra

        if self._wanted is not None:
            deployment = self._wanted.deployment
            ask(SUPERVISOR, "deploy", deployment, self._wanted.again, seconds=ASK_SECONDS)
            self._say(Deployed(deployment.number))
            self._wanted = None

    def _look(self) -> None:
        from streamgenre.fleet.ray_names import SUPERVISOR, ask  # noqa: PLC0415  # an extra

        for item in ask(SUPERVISOR, "news", self._heard_to, seconds=ASK_SECONDS):
            self._say(Said(item.level, item.text))
            self._heard_to = item.number
        self._say(Fares(ask(SUPERVISOR, "status", seconds=ASK_SECONDS)))

    def _end(self) -> None:
        from streamgenre.fleet.ray_names import SUPERVISOR, ask  # noqa: PLC0415  # an extra

        try:
            in_order = ask(SUPERVISOR, "stop", seconds=STOP_SECONDS)
        except StreamgenreError as error:
            self._say(Said(logging.ERROR, f"the fleet did not end in order: {error}"))
        else:
            if not in_order:
                self._say(Said(logging.ERROR, "the fleet did not end in order"))

    def _say(self, word: Word) -> None:
        with contextlib.suppress(OSError):  # the parent is gone, which ends this in order
            say(self._out, word)


def _ask_identity() -> tuple[str, str]:
    from streamgenre.fleet.ray_names import SUPERVISOR, ask  # noqa: PLC0415  # an extra

    give_up = time.monotonic() + TAKEN_SECONDS
    while True:
        try:
            return ask(SUPERVISOR, "identity", seconds=START_SECONDS)
        except StateTakenError:
            if time.monotonic() >= give_up:
                raise
        time.sleep(LOOK_SECONDS)


def _supervisor_is_there() -> bool:
    from streamgenre.fleet.ray_names import SUPERVISOR, NotThereError, find  # noqa: PLC0415  # an extra

    try:
        find(SUPERVISOR)
    except NotThereError:
        return False
    return True


def main() -> None:
    """Run as `python -m streamgenre.fleet.driver ADDRESS FOLDER [--debug]`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent, in the same terminal, says when to end
    address, folder, *more = sys.argv[1:]
    configure_logs(debug=DEBUG in more)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    words: queue.SimpleQueue[Word | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=[words], daemon=True).start()
    try:
        Driver(folder, words, out).run(address)
    except StreamgenreError as error:
        _refuse(out, Refused(str(error), error.exit_code))
    except Exception as error:  # noqa: BLE001  # no traceback for a user
        if DEBUG in more:
            traceback.print_exc()
        _refuse(out, Refused(f"internal error: {error!r}; run again with --debug and report it", 1))
    os._exit(0)


def _refuse(out: BinaryIO, refused: Refused) -> None:
    with contextlib.suppress(OSError):
        say(out, refused)
    os._exit(refused.exit_code)


def _listen(words: queue.SimpleQueue[Word | None]) -> None:
    try:
        while (word := hear(sys.stdin.buffer)) is not None:
            words.put(word)
    finally:
        words.put(None)


if __name__ == "__main__":
    main()
