"""A real PipeWire with null sinks: capture by PortAudio and by parec, and every way it can go away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.pipewire import PipeWire, running_pipewire
from tests.support.probe import Probe, need_portaudio
from tests.support.sound_server import slowly, two_tones

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    return two_tones(tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def playing(sound) -> Iterator[PipeWire]:
    """A sound server whose default sink plays 997 Hz on the left and 1499 Hz on the right, for looking on."""
    with running_pipewire() as server:
        server.play(sound)
        yield server


@pytest.fixture
def venue(sound) -> Iterator[PipeWire]:
    """The same, to do with as one likes."""
    with running_pipewire() as server:
        server.play(sound)
        yield server


@pytest.mark.parametrize(
    "text", ["monitor", "mic", "mic:pulse", *slowly("monitor:venue", "monitor:VEN", "mic:pipewire")]
)
def test_the_tone_that_plays_is_heard(playing, text):
    report = Probe(playing, text, "20", "1").report()
    need_portaudio(report)
    assert report["error"] is None
    assert report["channels"] == 2
    assert report["samples"] >= report["rate_hz"]
    assert report["loudest_hz"] == pytest.approx(997, abs=3)
    assert report["rms"] == pytest.approx(0.25 / np.sqrt(2), rel=0.1)
    assert report["close_seconds"] < 1.0


def test_one_channel_of_a_device_can_be_chosen(playing):
    report = Probe(playing, "mic:pipewire?channels=2", "20", "1").report()
    need_portaudio(report)
    assert report["channels"] == 1
    assert report["loudest_hz"] == pytest.approx(1499, abs=3)


@pytest.mark.slow
def test_two_sources_share_one_device(playing):
    report = Probe(playing, "shared", "mic:pipewire").report()
    need_portaudio(report)
    assert report["streams"] == 1
    assert report["loudest_hz"] == pytest.approx([997, 1499], abs=3)


def test_what_a_slow_consumer_loses_is_counted(playing):
    report = Probe(playing, "slow", "monitor").report()
    assert report["first"] == report["lost"] > report["rate_hz"]
    assert report["follows"]
    assert report["read"] > report["rate_hz"]


def test_devices_lists_the_sink_and_the_microphones(playing):
    listed = Probe(playing, "devices").report()
    assert "monitor:venue" in listed["identities"]
    assert listed["notes"] == [] or "PortAudio" in listed["notes"][0]


def test_a_sink_with_a_name_in_any_script_is_found(playing, sound):
    playing.add_sink("bühne")
    playing.play(sound, "bühne")
    report = Probe(playing, "monitor:bühne", "20", "1").report()
    assert report["error"] is None
    assert report["loudest_hz"] == pytest.approx(997, abs=3)


def test_a_sink_that_is_removed_ends_its_monitor_and_is_not_swapped_for_another(venue):
    module = venue.add_sink("stage")
    probe = Probe(venue, "monitor:stage", "8")
    probe.wait_for("open")
    venue.ask("unload-module", module)
    report = probe.report()
    assert report["error"].startswith("TransientSourceError: monitor of stage: ")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["monitor", "mic"])
def test_a_server_that_is_killed_is_noticed(venue, text):
    probe = Probe(venue, text, "10")
    probe.wait_for("open")
    venue.kill("pipewire")
    report = probe.report()
    need_portaudio(report)
    assert report["error"].startswith("TransientSourceError: ")
    assert report["close_seconds"] < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("text", ["monitor", "mic"])
def test_a_server_that_hangs_gives_nothing_and_closing_still_works(venue, text):
    probe = Probe(venue, text, "4")
    probe.wait_for("open")
    venue.freeze()
    try:
        report = probe.report()
    finally:
        venue.thaw()
    need_portaudio(report)
    assert report["error"] is None
    assert report["longest_wait"] > 2.0
    assert report["close_seconds"] < 1.0


def test_without_a_server_a_monitor_may_come_back_and_says_so(venue):
    venue.kill("pipewire-pulse")
    report = Probe(venue, "monitor", "1").report()
    assert report["error"].startswith("TransientSourceError: no sound server to monitor")
