"""A private PipeWire with null sinks: nothing of the machine's own sound is touched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.sound_server import SINK, SoundServer, private_environment, skip_without

PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse", "pactl", "paplay", "parec")


class PipeWire(SoundServer):
    """One running PipeWire, its session manager, and its PulseAudio protocol."""

    __slots__ = ()

    def add_sink(self, name: str, *options: str) -> str:
        return super().add_sink(name, "media.class=Audio/Sink", *options)

    def start_all(self) -> None:
        bus = self.folder / "run" / "bus"
        bus.unlink(missing_ok=True)
        self.start("dbus-daemon", "--session", f"--address=unix:path={bus}", "--nofork", "--nopidfile")
        self._wait_until(bus.exists)
        (self.folder / "run" / "pipewire-0").unlink(missing_ok=True)
        self.start("pipewire")
        self._wait_until((self.folder / "run" / "pipewire-0").exists)
        self.start("wireplumber")
        self.start("pipewire-pulse")
        self._wait_until(lambda: "Server Name" in self.ask("info"))
        self.add_sink(SINK)
        self.make_default(SINK)


@contextmanager
def running_pipewire() -> Iterator[PipeWire]:
    """Start a private server; everything it has started ends with it."""
    skip_without(*PROGRAMS)
    # Not pytest's own folder: the names of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="pw-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        run = folder / "run"
        environment = private_environment(folder) | {
            "PIPEWIRE_RUNTIME_DIR": str(run),
            "PULSE_SERVER": f"unix:{run}/pulse/native",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={run}/bus",
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
