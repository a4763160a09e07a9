"""`streamgenre run` as a service manager would start it, with what it wrote and said."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.program import PROGRAM

PATIENCE_SECONDS = 90.0


@dataclass(slots=True)
class Daemon:
    """One folder with configuration, state and lines; the process may be ended and started again."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "streamgenre.toml"

    @property
    def history(self) -> Path:
        return self.folder / "state" / "history.sqlite"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def configure(self, text: str) -> None:
        self.config.write_text(text)

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "run", "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"STATE_DIRECTORY": str(self.folder / "state")} | self.environment,
            )

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self.process = None
        return code

    def lines(
        self, kind: str | None = None, source: str | None = None, **fields: Any
    ) -> list[dict[str, Any]]:
        """What was written to `lines` in the folder, if the configuration asks for it."""
        path = self.folder / "lines"
        told = path.read_text().split("\n")[:-1] if path.exists() else []
        wanted = fields | ({"type": kind} if kind else {}) | ({"source": source} if source else {})
        return [one for one in map(json.loads, told) if one == one | wanted]

    def wait(self, found: Callable[[], Any], what: str) -> Any:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            if result := found():
                return result
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come\n{self.log[-3000:]}\n{self.lines()[-5:]}")

    def wait_line(self, kind: str, source: str | None = None, **fields: Any) -> dict[str, Any]:
        return self.wait(lambda: self.lines(kind, source, **fields), f"{kind} {source} {fields}")[-1]

    def wait_log(self, words: str) -> None:
        self.wait(lambda: words in self.log, f"{words!r} in the log")


@contextmanager
def daemon(folder: Path, configuration: str, **environment: str) -> Iterator[Daemon]:
    """Start it; it is ended in any case."""
    found = Daemon(folder, environment)
    found.configure(configuration)
    found.start()
    try:
        yield found
    finally:
        if found.process is not None:
            with suppress(ProcessLookupError):
                found.process.kill()
            found.process.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(url: str) -> tuple[int, str]:
    """Return status and body; status 0: nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # of loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""
