"""A real Ray cluster of several machines, each with an address of loopback and processes of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fleet_lab.processes import MARK, Process, kill_at_once, processes, send

RAY = Path(sys.executable).with_name("ray")
HEAD = "head"
QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}
STORE_BYTES = 80_000_000
PATIENCE_SECONDS = 120.0
_STARTED = "Ray runtime started"


@dataclass(slots=True)
class Node:
    """One machine: `ray start --block`, as a unit of systemd would run it, and all that it has started."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    temporary: Path
    """Where Ray keeps its sockets and logs on the machine."""
    starter: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.write_bytes(b"")
        # Ray finds the other machines' processes here, and would take the head for one that still runs.
        self.temporary.joinpath("ray_current_cluster").unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.starter = subprocess.Popen(
                [RAY, "start", "--block", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while _STARTED not in self.log.read_text(errors="replace"):
            if self.ended or time.monotonic() > give_up:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.1)

    @property
    def ended(self) -> bool:
        return self.starter is None or self.starter.poll() is not None

    @property
    def processes(self) -> list[Process]:
        return processes(self.name)

    def kill_raylet(self) -> int:
        """Kill what Ray itself runs on the machine, and not what it has started; return its process id."""
        raylet = next(one.pid for one in self.processes if re.search(r"/raylet/raylet\b", one.title))
        send(raylet, signal.SIGKILL)
        return raylet

    def kill(self) -> None:
        """End everything on it at once, as a power cut would."""
        kill_at_once(one.pid for one in self.processes)
        if self.starter is not None:
            self.starter.wait(30)

    def stop(self, patience_seconds: float = 20.0) -> None:
        """End it in good order; by force what is left after that."""
        if self.starter is not None and not self.ended:
            self.starter.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.starter.wait(patience_seconds)
        self.kill()


@dataclass(slots=True)
class Cluster:
    """A head and its workers; tokens guard it, as they would a cluster others can reach."""

    folder: Path
    """Short: sockets lie in it, whose paths may have 107 characters."""
    port: int
    environment: dict[str, str]
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def head(self) -> Node:
        return self.nodes[HEAD]

    @property
    def workers(self) -> list[Node]:
        return [node for name, node in self.nodes.items() if name != HEAD]

    def start_head(self, cores: int) -> None:
        """Begin to start the head."""
        self._node(HEAD, 1, cores, "--head", f"--port={self.port}", "--include-dashboard=false").start()

    def join(self, worker_cores: tuple[int, ...]) -> None:
        """Have workers join once the head is up."""
        self.head.wait_until_up()
        joining = [self.prepare(cores) for cores in worker_cores]
        for node in joining:
            node.start()
        for node in joining:
            node.wait_until_up()

    def prepare(self, cores: int) -> Node:
        """Return a further machine that has not joined yet."""
        number = len(self.nodes)
        address = (f"--address={self.address}", "--dashboard-agent-listen-port=0")
        return self._node(f"worker{number}", number + 1, cores, *address)

    def _node(self, name: str, host: int, cores: int, *more: str) -> Node:
        temporary = self.folder / name
        arguments = (
            f"--node-ip-address=127.0.0.{host}",
            f"--num-cpus={cores}",
            f"--object-store-memory={STORE_BYTES}",
            f"--temp-dir={temporary}",
            "--include-log-monitor=false",
            "--log-color=false",
            *more,
        )
        own = {MARK: name, "RAY_AUTH_MODE": "token", "STATE_DIRECTORY": str(self.folder / f"state-{name}")}
        node = Node(
            name,
            arguments,
            os.environ | QUIET | self.environment | own,
            self.folder / f"{name}.log",
            temporary,
        )
        self.nodes[name] = node
        return node

    def stop(self) -> None:
        for node in reversed(self.nodes.values()):
            node.kill()


def guarded(folder: Path) -> dict[str, str]:
    """Return the environment of somebody whose home is this folder, with a token that opens the cluster."""
    token = folder / ".ray" / "auth_token"
    token.parent.mkdir()
    token.write_text(os.urandom(32).hex())
    token.chmod(0o600)
    return {"HOME": str(folder)}
