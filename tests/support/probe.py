"""A capture in a process of its own; PortAudio keeps its list of devices as long as a process lives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sound_server import SoundServer

ROOT = Path(__file__).parents[2]


class Probe:
    """A running `capture_probe`."""

    def __init__(self, server: SoundServer, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.capture_probe", *words],
            env=server.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def wait_for(self, line: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == line + "\n"

    def report(self) -> dict:
        """Let it go on, and return what it found."""
        output = self._process.communicate("\n", timeout=60)[0]
        return json.loads(output.splitlines()[-1])


def need_portaudio(report: dict) -> None:
    if "PortAudio is missing" in str(report.get("error")) or "no capture device" in str(report.get("error")):
        pytest.skip("PortAudio or ALSA's plug-in for this server is not installed")
