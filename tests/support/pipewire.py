"""A private PipeWire with null sinks: nothing of the machine's own sound is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse", "pactl", "paplay", "parec")
SINK = "venue"


@dataclass(slots=True)
class PipeWire:
    """One running sound server with the sink `venue`, its default."""

    folder: Path
    environment: dict[str, str]
    """What a program needs in its environment to find it."""
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])
    players: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def play(self, sound: Path, sink: str = SINK) -> None:
        """Start playing a sound file to a sink; returns when the sink hears it."""
        command = ["paplay", f"--device={sink}", str(sound)]
        self.players.append(subprocess.Popen(command, env=self.environment))
        self._wait_until(lambda: '"corked":false' in self.ask("-f", "json", "list", "sink-inputs"))

    def add_sink(self, name: str) -> str:
        """Make another null sink; returns the module to unload."""
        module = self.ask("load-module", "module-null-sink", f"sink_name={name}", "media.class=Audio/Sink")
        self._wait_until(lambda: f'"name":"{name}"' in self.ask("-f", "json", "list", "sinks"))
        return module.strip()

    def ask(self, *words: str) -> str:
        """Run pactl."""
        return subprocess.run(
            ["pactl", *words], env=self.environment, capture_output=True, text=True, timeout=10, check=False
        ).stdout

    def kill(self, daemon: str) -> None:
        """End a daemon as a crash would."""
        self.daemons[daemon].kill()
        self.daemons[daemon].wait(10)

    def start(self, daemon: str, *arguments: str) -> None:
        with (self.folder / f"{daemon}.log").open("wb") as log:
            self.daemons[daemon] = subprocess.Popen(
                [daemon, *arguments], env=self.environment, stdout=log, stderr=log
            )

    def start_all(self) -> None:
        """Start everything and wait until it answers and has its sink."""
        bus = self.folder / "run" / "bus"
        self.start("dbus-daemon", "--session", f"--address=unix:path={bus}", "--nofork", "--nopidfile")
        self._wait_until(bus.exists)
        self.start("pipewire")
        self._wait_until((self.folder / "run" / "pipewire-0").exists)
        self.start("wireplumber")
        self.start("pipewire-pulse")
        self._wait_until(lambda: "Server Name" in self.ask("info"))
        self.add_sink(SINK)
        self.ask("set-default-sink", SINK)
        self.ask("set-default-source", f"{SINK}.monitor")
        self._wait_until(lambda: f'"default_source_name":"{SINK}.monitor"' in self.ask("-f", "json", "info"))

    def stop_all(self) -> None:
        for process in (*self.players, *reversed(self.daemons.values())):
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def _wait_until(self, condition: object) -> None:
        assert callable(condition)
        give_up = time.monotonic() + 20
        while not condition():
            if time.monotonic() > give_up:
                logs = "\n".join(
                    path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log")
                )
                raise RuntimeError(f"PipeWire did not come up:\n{logs}")
            time.sleep(0.05)


@contextmanager
def running_pipewire() -> Iterator[PipeWire]:
    """Start a private server; everything it has started ends with it."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    # Not pytest's own folder: the names of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="pw-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        run, home = folder / "run", folder / "home"
        run.mkdir(mode=0o700)
        home.mkdir()
        foreign = ("DISPLAY", "PULSE_SERVER", "ALSA_CONFIG_PATH", "PIPEWIRE_REMOTE")
        environment = {key: value for key, value in os.environ.items() if key not in foreign} | {
            "XDG_RUNTIME_DIR": str(run),
            "PIPEWIRE_RUNTIME_DIR": str(run),
            "PULSE_SERVER": f"unix:{run}/pulse/native",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={run}/bus",
            "HOME": str(home),
        }
        server = PipeWire(folder, environment)
        try:
            server.start_all()
            yield server
        finally:
            server.stop_all()


@pytest.fixture
def pipewire() -> Iterator[PipeWire]:
    """A running private sound server of this test's own; ended by its process ids."""
    with running_pipewire() as server:
        yield server
