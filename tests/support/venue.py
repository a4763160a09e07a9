"""A machine that runs the service as `service install` puts it there, with a broker and a pipe of sound."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.systemd import SEARCH_PATH, Machine

PROGRAM = Path(sys.prefix) / "bin" / "streamgenre"
UNIT = "streamgenre.service"
HEARD = "/srv/heard"
PASSWORD = "let-me-in"
CONFIGURATION = """\
[node]
id = "bar"
[[sources]]
id = "main"
source = "pcm:/srv/main?rate=22050&channels=1&format=s16le"
[mqtt]
url = "mqtt://streamgenre@127.0.0.1:1883"
heartbeat_seconds = 2
[history]
"""
WITHOUT_BROKER = """\
[node]
id = "bar"
[[sources]]
id = "main"
source = "pcm:/srv/main?rate=22050&channels=1&format=s16le"
[history]
"""
BROKER = """\
user root
allow_anonymous false
password_file /srv/passwords
listener 1883 127.0.0.1
"""
# Whole seconds of a trembling tone, as fast as they pass; whoever reads may come and go.
FEEDER = """
import array, math, sys, time
tone = [0.4 * math.sin(0.125 * n) * (1 + math.sin(0.0015 * n)) / 2 for n in range(22050)]
second = array.array("h", [int(32767 * value) for value in tone]).tobytes()
while True:
    try:
        with open(sys.argv[1], "wb", buffering=0) as pipe:
            due = time.monotonic()
            while True:
                for start in range(0, len(second), 4410):
                    pipe.write(second[start:start + 4410])
                    due += 0.1
                    time.sleep(max(0.0, due - time.monotonic()))
    except BrokenPipeError:
        pass
"""


@dataclass(slots=True)
class Venue:
    """The service on its machine."""

    machine: Machine

    def configure(self, text: str) -> None:
        """Replace the configuration as an editor would: owner, group and mode stay."""
        (self.machine.files / "etc/streamgenre/streamgenre.toml").write_text(text)

    def start(self) -> None:
        """Start it and wait for READY."""
        done = self.machine.run("systemctl", "start", UNIT, check=False, seconds=240)
        assert done.returncode == 0, self.machine.journal(UNIT)

    def stop(self) -> None:
        self.machine.run("systemctl", "stop", UNIT, check=False)
        self.machine.run("systemctl", "reset-failed", UNIT, check=False)

    def show(self, what: str) -> str:
        return self.machine.show(UNIT, what)

    def wait_until_runs(self, *, but: str = "0") -> str:
        """Wait for READY of another process than that; return the id of the one that runs."""

        def found() -> str | None:
            told = self.machine.ask(
                "systemctl", "show", UNIT, "--property=MainPID", "--property=ActiveState", "--value"
            )
            process, state = told.split()
            return process if state == "active" and process not in ("0", but) else None

        return self.machine.wait(found, "a running service", UNIT)

    def heard(self, topic: str) -> list[str]:
        """Return what the broker told of a topic, in order."""
        told = (self.machine.files / HEARD.lstrip("/")).read_text(errors="replace").splitlines()
        return [line.removeprefix(f"{topic} ") for line in told if line.startswith(f"{topic} ")]

    def events(self) -> list[dict[str, Any]]:
        """Return the events of the source, each once, in the order in which they came first."""
        return [json.loads(line) for line in dict.fromkeys(self.heard("streamgenre/bar/main/event"))]

    def history(self, *words: str, user: str = "root") -> Any:
        return self.machine.as_user(user, PROGRAM, "history", "list", *words)


def open_venue(machine: Machine) -> Venue:
    """Install the service; nothing of it is started."""
    missing = [
        name for name in ("mosquitto", "mosquitto_sub") if shutil.which(name, path=SEARCH_PATH) is None
    ]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed (Debian: mosquitto mosquitto-clients)")
    machine.open_folders()
    machine.run(PROGRAM, "service", "install")
    venue = Venue(machine)
    venue.configure(CONFIGURATION)
    machine.write("/etc/credstore/streamgenre.mqtt-password", f"{PASSWORD}\n", 0o600)
    _start_broker(machine)
    start_feeder(machine, "main")
    return venue


def start_feeder(machine: Machine, name: str) -> None:
    """Begin to write into a pipe of this name in /srv."""
    feeder = machine.write("/srv/feeder.py", FEEDER)
    machine.run("mkfifo", "--mode=644", f"/srv/{name}")
    machine.run("systemd-run", f"--unit=feeder-{name}", sys.executable, "-I", feeder, f"/srv/{name}")


def _start_broker(machine: Machine) -> None:
    machine.write("/srv/mosquitto.conf", BROKER)
    accounts = "".join(f"{name}:{PASSWORD}\n" for name in ("streamgenre", "listener"))
    machine.run("mosquitto_passwd", "-U", machine.write("/srv/passwords", accounts, 0o600))
    machine.run("systemd-run", "--unit=broker", "mosquitto", "-c", "/srv/mosquitto.conf")
    listen = f"until mosquitto_sub -q 1 -v -u listener -P {PASSWORD} -t 'streamgenre/#'; do sleep 0.2; done"
    machine.run(
        "systemd-run", "--unit=listener", f"--property=StandardOutput=append:{HEARD}", "sh", "-c", listen
    )
    machine.wait((machine.files / HEARD.lstrip("/")).exists, "a listener", "listener")
