"""A fleet's publisher in processes to be killed, one after the other, each forked from one that is ready.

`python -m tests.support.voice_child SOCKET`; over a connection go the folder, back the process id, then
calls and answers. No broker is there, so every event stays in the outbox.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Self

from streamgenre.fleet.crossing import Loss, Parcel, Receipt
from streamgenre.fleet.voice import Voice
from streamgenre.settings import MqttSettings, Settings
from tests.support.fleet_handing import station

STATIONS = ("bar", "hall", "roof")
NOWHERE = MqttSettings("mqtt://127.0.0.1:1", heartbeat_seconds=0.02, discovery="off")


class GoneError(Exception):
    """The process was killed before it answered."""


class VoiceProcess:
    """The other end of one of them."""

    def __init__(self, door: Path, folder: Path) -> None:
        self._connection = Client(str(door))
        self._connection.send(folder)
        self._pid: int = self._connection.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        give_up = time.monotonic() + 60
        while self.kill():
            assert time.monotonic() < give_up, "it does not die"
            time.sleep(0.001)

    def kill(self) -> bool:
        """Kill it; whether it was still there."""
        try:
            os.kill(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def hand(self, parcel: Parcel) -> Receipt:
        return self._ask("hand", parcel)

    def interrupted(self, losses: tuple[Loss, ...]) -> tuple[Loss, ...]:
        return self._ask("interrupted", losses)

    def _ask(self, what: str, value: object) -> Any:
        try:
            self._connection.send((what, value))
            return self._connection.recv()
        except (OSError, EOFError) as error:
            raise GoneError from error


@contextmanager
def voices(folder: Path) -> Iterator[Path]:
    """Yield the socket at which a new publisher answers, as soon as the one before is dead."""
    door = folder / "door"
    command = [sys.executable, "-m", "tests.support.voice_child", str(door)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield door
        finally:
            process.kill()


def serve(connection: Connection) -> None:
    voice = Voice(Settings("radio", mqtt=NOWHERE), connection.recv())
    voice.configure(Settings("radio", mqtt=NOWHERE), [station(name) for name in STATIONS])
    voice.start()
    connection.send(os.getpid())
    with suppress(EOFError, OSError):
        while True:
            what, value = connection.recv()
            connection.send(getattr(voice, what)(value))


def main() -> None:
    logging.disable()
    with Listener(sys.argv[1]) as listener:
        os.write(1, b"ready\n")
        while True:
            with listener.accept() as connection:
                process = os.fork()
                if not process:
                    serve(connection)
                    os._exit(0)
            os.waitpid(process, 0)


if __name__ == "__main__":
    main()
