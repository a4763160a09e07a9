"""A private PulseAudio with null sinks, as `scripts/fetch-pulseaudio` unpacked it, or as it is installed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.sound_server import SINK, SoundServer, private_environment, skip_without

UNPACKED = Path(sys.prefix) / "pulseaudio"
DEFAULT_PA = """\
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=venue rate=48000 channels=2 format=s16le
load-module module-always-sink
set-default-sink venue
set-default-source venue.monitor
"""
ASOUND_CONF = """\
</usr/share/alsa/alsa.conf>
pcm.venue_monitor {{
  type pulse
  server "unix:{socket}"
  device "venue.monitor"
  hint {{ show on  description "monitor of the venue" }}
}}
"""


@dataclass(slots=True)
class PulseAudio(SoundServer):
    """One running PulseAudio; PortAudio sees its monitor as `venue_monitor`."""

    program: Path = UNPACKED / "usr/bin/pulseaudio"

    def start_all(self) -> None:
        run = self.folder / "run"
        libraries = os.pathsep.join(map(str, _unpacked("modules", "pulseaudio", "libpulse.so*")))
        (run / "native").unlink(missing_ok=True)
        self.start(
            str(self.program),
            *("-n", "-F", str(self.folder / "default.pa"), "--daemonize=no", "--exit-idle-time=-1"),
            *("--disallow-exit=1", "--use-pid-file=no", "--realtime=no", "--high-priority=no"),
            *(f"--dl-search-path={modules}" for modules in _unpacked("modules")),
            PULSE_RUNTIME_PATH=str(run),
            **({"LD_LIBRARY_PATH": libraries} if libraries else {}),
        )
        self._wait_until(lambda: f'"default_source_name":"{SINK}.monitor"' in self.ask("-f", "json", "info"))


@contextmanager
def running_pulseaudio() -> Iterator[PulseAudio]:
    """Start a private server; everything it has started ends with it."""
    skip_without("pactl", "paplay", "parec")
    unpacked = UNPACKED / "usr/bin/pulseaudio"
    program = unpacked if unpacked.exists() else Path(shutil.which("pulseaudio") or "")
    if not program.is_file():
        pytest.skip("pulseaudio not installed, nor fetched (scripts/fetch-pulseaudio)")
    # Not pytest's own folder: the names of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="pa-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        socket = folder / "run" / "native"
        environment = private_environment(folder) | {
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }
        (folder / "default.pa").write_text(DEFAULT_PA.format(socket=socket))
        (folder / "asound.conf").write_text(ASOUND_CONF.format(socket=socket))
        server = PulseAudio(folder, environment, program=program)
        try:
            server.start_all()
            yield server
        finally:
            server.stop_all()


def _unpacked(*patterns: str) -> list[Path]:
    """Find folders of that name, or with such a file, among what was unpacked."""
    found = [path for pattern in patterns for path in sorted((UNPACKED / "usr/lib").rglob(pattern))]
    return list(dict.fromkeys(path if path.is_dir() else path.parent for path in found))
