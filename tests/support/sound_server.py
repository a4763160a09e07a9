"""What the private sound servers of the tests have in common: daemons, players, questions through pactl."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.audio_files import write_wav
from tests.support.sounds import tone

SINK = "venue"
FOREIGN = ("DISPLAY", "PULSE_SERVER", "ALSA_CONFIG_PATH", "PIPEWIRE_REMOTE", "LD_LIBRARY_PATH")
Process = subprocess.Popen[bytes]


@dataclass(slots=True)
class SoundServer:
    """A private server in a folder of its own; start_all() gives it the sink `venue`, its default."""

    folder: Path
    environment: dict[str, str]
    """What a program needs in its environment to find it."""
    daemons: dict[str, Process] = field(default_factory=dict[str, Process])
    players: list[Process] = field(default_factory=list[Process])

    def play(self, sound: Path, sink: str = SINK) -> None:
        """Start playing a sound file to a sink; returns when the sink hears it."""
        command = ["paplay", f"--device={sink}", str(sound)]
        self.players.append(
            subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)  # ends with the server
        )
        self._wait_until(lambda: '"corked":false' in self.ask("-f", "json", "list", "sink-inputs"))

    def add_sink(self, name: str, *options: str) -> str:
        """Make another null sink; returns the module to unload."""
        module = self.ask("load-module", "module-null-sink", f"sink_name={name}", *options)
        self._wait_until(lambda: f"\t{name}\t" in self.ask("list", "short", "sinks"))
        return module.strip()

    def make_default(self, sink: str) -> None:
        self.ask("set-default-sink", sink)
        self.ask("set-default-source", f"{sink}.monitor")
        self._wait_until(lambda: f'"default_source_name":"{sink}.monitor"' in self.ask("-f", "json", "info"))

    def ask(self, *words: str) -> str:
        """Run pactl."""
        return subprocess.run(
            ["pactl", *words],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=10,
            check=False,
        ).stdout

    def start_all(self) -> None:
        raise NotImplementedError

    def kill(self, daemon: str) -> None:
        """End a daemon as a crash would."""
        self.daemons[daemon].kill()
        self.daemons[daemon].wait(10)

    def kill_all(self) -> None:
        """Crash everything; start_all() makes a new server in the same place."""
        for daemon in reversed(list(self.daemons)):
            self.kill(daemon)
        self.daemons.clear()

    def freeze(self) -> None:
        """Let every daemon stand still; thaw() has them go on."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def start(self, daemon: str, *arguments: str, **environment: str) -> None:
        with (self.folder / f"{Path(daemon).name}.log").open("wb") as log:
            self.daemons[Path(daemon).name] = subprocess.Popen(
                [daemon, *arguments], env=self.environment | environment, stdout=log, stderr=log
            )

    def stop_all(self) -> None:
        self.thaw()
        for process in (*self.players, *reversed(self.daemons.values())):
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def _signal(self, number: signal.Signals) -> None:
        for daemon in self.daemons.values():
            daemon.send_signal(number)

    def _wait_until(self, condition: object) -> None:
        assert callable(condition)
        give_up = time.monotonic() + 20
        while not condition():
            if time.monotonic() > give_up:
                logs = "\n".join(
                    path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log")
                )
                raise RuntimeError(f"the sound server did not come up:\n{logs}")
            time.sleep(0.05)


def private_environment(folder: Path) -> dict[str, str]:
    """Make the folders a private server wants, and return what leads its clients there."""
    run, home = folder / "run", folder / "home"
    run.mkdir(mode=0o700)
    home.mkdir()
    return {key: value for key, value in os.environ.items() if key not in FOREIGN} | {
        "XDG_RUNTIME_DIR": str(run),
        "HOME": str(home),
    }


def skip_without(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


def two_tones(folder: Path) -> Path:
    """Write two minutes of 997 Hz on the left and 1499 Hz on the right, to play."""
    pair = np.hstack([tone(120, 48_000, 997), tone(120, 48_000, 1499)])
    return write_wav(folder / "tones.wav", pair, 48_000)


def slowly(*values: str) -> list[Any]:
    """Parameters for the full run only."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]
