"""A core beside a broker and a node, each in a process of its own."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.mosquitto import PASSWORDS, Broker

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
PYTHON = os.environ.get("STREAMGENRE_HOMEASSISTANT_PYTHON")
PATIENCE_SECONDS = 120.0
FIRST_STATE: dict[str, Any] = {
    "schema": 1, "type": "state", "node": "bar", "seq": 0, "time": "2026-11-21T10:15:30.250Z",
    "audio_seconds": 0.5, "status": "unknown", "genre": None, "confidence": None, "stability": "provisional",
    "since": "2026-11-21T10:15:30.250Z", "top": [], "tags": [], "level_dbfs": -30.0, "title": None,
    "short": False, "lost_samples": 0, "latency_ms": None, "model": {"name": "genre", "sha256": "ab" * 32},
    "reason": "filling",
}  # fmt: skip
"""A source is called available once there is something to see."""


@dataclass(slots=True)
class Program:
    """A process that takes and gives JSON lines."""

    process: subprocess.Popen[str]
    lines: queue.Queue[str | None] = field(default_factory=queue.Queue, init=False)
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def tell(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        line = self.lines.get(timeout=PATIENCE_SECONDS)
        assert line is not None, "the program has ended"
        return json.loads(line)

    def ask(self, **request: Any) -> Any:
        self.tell(request)
        return self.hear()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        """Let it end in good order."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self.reader.join(PATIENCE_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def program(python: str, script: str, *arguments: object) -> Iterator[Program]:
    process = subprocess.Popen(
        [python, str(HERE / script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    running = Program(process)
    try:
        yield running
    finally:
        running.end()


@dataclass(frozen=True, slots=True)
class Core:
    """Home Assistant, asked from outside."""

    program: Program
    version: str

    def state(self, unique_id: str) -> str | None:
        """Return the state of the entity with this id; None: there is no such entity."""
        entity = self.program.ask(do="entities").get(unique_id)
        found = entity and self.program.ask(do="states").get(entity["entity_id"])
        return found["state"] if found else None

    def attributes(self, unique_id: str) -> dict[str, Any]:
        entity = self.program.ask(do="entities")[unique_id]
        return self.program.ask(do="states")[entity["entity_id"]]["attributes"]

    def all_states(self, *unique_ids: str) -> dict[str, str | None]:
        return {unique_id: self.state(unique_id) for unique_id in unique_ids}

    def wait_for(self, unique_id: str, state: str | None) -> None:
        self.wait(
            lambda: self.state(unique_id) == state,
            lambda: f"{unique_id} is {self.state(unique_id)}, not {state}",
        )

    def wait(self, found: Callable[[], bool], otherwise: Callable[[], str]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not found():
            assert time.monotonic() < give_up, f"{otherwise()}; {self.complaints()}"
            time.sleep(0.1)

    def fired(self) -> list[dict[str, Any]]:
        """Return each time an event entity fired: its attributes."""
        return [
            one["attributes"]
            for one in self.program.ask(do="fired")
            if one["state"] not in ("unavailable", "unknown")
        ]

    def complaints(self) -> list[str]:
        return self.program.ask(do="complaints")


@pytest.fixture
def core_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "core"
    folder.mkdir()
    return folder


@contextmanager
def core_running(folder: Path, broker: Broker) -> Iterator[Core]:
    assert PYTHON
    with program(PYTHON, "core.py", folder, broker.port, "ha", PASSWORDS["ha"]) as running:
        yield Core(running, running.hear()["version"])


@pytest.fixture
def core(core_folder: Path, mosquitto: Broker) -> Iterator[Core]:
    with core_running(core_folder, mosquitto) as running:
        yield running


@contextmanager
def node_running(mosquitto: Broker, mode: str) -> Iterator[Program]:
    password = mosquitto.folder / "our-password"
    password.write_text(PASSWORDS["streamgenre"])
    password.chmod(0o600)
    with program(
        sys.executable, "node.py", mosquitto.url, password, mode, mosquitto.folder / "events.sqlite"
    ) as node:
        for source in ("main", "hall"):
            node.tell(FIRST_STATE | {"source": source})
            node.tell({"available": source, "online": True})
        yield node
