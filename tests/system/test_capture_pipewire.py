"""A real PipeWire with null sinks: capture by PortAudio and by parec, and every way it can go away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.audio_files import write_wav
from tests.support.pipewire import PipeWire, running_pipewire
from tests.support.sounds import tone

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("pipewire")]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def venue(tmp_path) -> Iterator[PipeWire]:
    """A sound server whose default sink plays 997 Hz."""
    sound = write_wav(tmp_path / "tone.wav", np.repeat(tone(60, 48_000, 997), 2, axis=1), 48_000)
    with running_pipewire() as server:
        server.play(sound)
        yield server


class Probe:
    """Captures in a process of its own; PortAudio looks for devices once only."""

    def __init__(self, server: PipeWire, *words: str) -> None:
        command = [sys.executable, "-m", "tests.support.capture_probe", *words]
        self._process = subprocess.Popen(
            command,
            env=server.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def wait_until_open(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "open\n"

    def report(self) -> dict:
        output = self._process.communicate(timeout=60)[0]
        return json.loads(output.splitlines()[-1])


def need_portaudio(report: dict) -> None:
    if "PortAudio is missing" in str(report.get("error")) or "no capture device" in str(report.get("error")):
        pytest.skip("PortAudio or its PipeWire plug-in (pipewire-alsa) is not installed")


@pytest.mark.parametrize(
    "text", ["monitor", "monitor:venue", "monitor:VEN", "mic", "mic:pipewire", "mic:pulse"]
)
def test_the_tone_that_plays_is_heard(venue, text):
    report = Probe(venue, text, "20", "2").report()
    need_portaudio(report)
    assert report["error"] is None
    assert report["channels"] == 2
    assert report["samples"] >= 2 * report["rate_hz"]
    assert report["loudest_hz"] == pytest.approx(997, abs=3)
    assert report["rms"] == pytest.approx(0.25 / np.sqrt(2), rel=0.1)
    assert report["close_seconds"] < 1.0


def test_one_channel_of_a_device_can_be_chosen(venue):
    report = Probe(venue, "mic:pipewire?channels=2", "20", "1").report()
    need_portaudio(report)
    assert report["channels"] == 1
    assert report["loudest_hz"] == pytest.approx(997, abs=3)


def test_devices_lists_the_sink_and_the_microphones(venue):
    listed = Probe(venue, "devices").report()
    assert "monitor:venue" in listed["identities"]
    assert listed["notes"] == [] or "PortAudio" in listed["notes"][0]


def test_a_sink_that_is_removed_ends_its_monitor_and_is_not_swapped_for_another(venue):
    module = venue.add_sink("stage")
    probe = Probe(venue, "monitor:stage", "8")
    probe.wait_until_open()
    venue.ask("unload-module", module)
    report = probe.report()
    assert report["error"].startswith("TransientSourceError: monitor of stage: parec ended")


@pytest.mark.parametrize("text", ["monitor", "mic"])
def test_a_server_that_is_killed_is_noticed(venue, text):
    probe = Probe(venue, text, "10")
    probe.wait_until_open()
    venue.kill("pipewire")
    report = probe.report()
    need_portaudio(report)
    assert report["error"].startswith("TransientSourceError: ")
    assert report["close_seconds"] < 1.0


@pytest.mark.parametrize("text", ["monitor", "mic"])
def test_a_server_that_hangs_gives_nothing_and_closing_still_works(venue, text):
    probe = Probe(venue, text, "4")
    probe.wait_until_open()
    stuck = [venue.daemons[name] for name in ("pipewire", "pipewire-pulse")]
    for daemon in stuck:
        daemon.send_signal(signal.SIGSTOP)
    try:
        report = probe.report()
    finally:
        for daemon in stuck:
            daemon.send_signal(signal.SIGCONT)
    need_portaudio(report)
    assert report["error"] is None
    assert report["longest_wait"] > 2.0
    assert report["close_seconds"] < 1.0


def test_without_a_server_a_monitor_may_come_back_and_says_so(venue):
    venue.kill("pipewire-pulse")
    report = Probe(venue, "monitor", "1").report()
    assert report["error"].startswith("TransientSourceError: no sound server to monitor")
