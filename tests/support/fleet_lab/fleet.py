"""`streamgenre fleet` as a user has it: run in a terminal, asked and stopped from another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.program import PROGRAM

COMMAND_SECONDS = 120.0


@dataclass(slots=True)
class Fleet:
    """One folder with a list of stations, a configuration and the log of what runs it."""

    folder: Path
    address: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def stations_file(self) -> Path:
        return self.folder / "stations.csv"

    @property
    def config(self) -> Path:
        return self.folder / "streamgenre.toml"

    @property
    def log_file(self) -> Path:
        return self.folder / "fleet.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def list_stations(self, urls: dict[str, str]) -> None:
        rows = [f"{station},{url}" for station, url in urls.items()]
        self.stations_file.write_text("\n".join(("id,source", *rows, "")))

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("run", "--stations", str(self.stations_file), "--config", str(self.config)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
            )

    def read_stations_again(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def end(self, number: signal.Signals = signal.SIGINT, patience_seconds: float = 60.0) -> int:
        """End what runs in the foreground; return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(30)

    def status(self) -> dict[str, Any]:
        done = self.call("status", "--json")
        if done.returncode != 0:
            raise RuntimeError(f"fleet status: exit code {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def stop(self) -> subprocess.CompletedProcess[str]:
        return self.call("stop")

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the fleet to its end."""
        return subprocess.run(
            self._command(*words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
            env=os.environ | self.environment,
        )

    def _command(self, verb: str, *more: str) -> list[str]:
        return [str(PROGRAM), "fleet", verb, *more, "--address", self.address]
