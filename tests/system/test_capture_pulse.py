"""A real PulseAudio with null sinks: capture by PortAudio and by parec."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.probe import Probe, need_portaudio
from tests.support.pulseaudio import PulseAudio, running_pulseaudio
from tests.support.sound_server import slowly, two_tones

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def playing(tmp_path_factory) -> Iterator[PulseAudio]:
    """A sound server whose default sink plays 997 Hz on the left and 1499 Hz on the right."""
    with running_pulseaudio() as server:
        server.play(two_tones(tmp_path_factory.mktemp("sound")))
        yield server


@pytest.mark.parametrize(
    "text", ["monitor", "mic:venue_monitor", *slowly("monitor:venue", "mic", "mic:pulse")]
)
def test_the_tone_that_plays_is_heard(playing, text):
    report = Probe(playing, text, "20", "1").report()
    need_portaudio(report)
    assert report["error"] is None
    assert report["channels"] == 2
    assert report["loudest_hz"] == pytest.approx(997, abs=3)
    assert report["rms"] == pytest.approx(0.25 / np.sqrt(2), rel=0.1)
    assert report["close_seconds"] < 1.0


def test_two_sources_share_one_device(playing):
    report = Probe(playing, "shared", "mic:venue_monitor").report()
    need_portaudio(report)
    assert report["streams"] == 1
    assert report["loudest_hz"] == pytest.approx([997, 1499], abs=3)


@pytest.mark.slow
def test_what_a_slow_consumer_loses_is_counted(playing):
    report = Probe(playing, "slow", "mic:venue_monitor").report()
    need_portaudio(report)
    assert report["first"] == report["lost"] > report["rate_hz"]
    assert report["follows"]
    assert report["read"] > report["rate_hz"]


def test_a_sink_is_found_by_what_people_call_it(playing):
    playing.add_sink("stage", "rate=22050", "sink_properties='device.description=\"Bühne links\"'")
    assert "monitor:stage" in Probe(playing, "devices").report()["identities"]
    report = Probe(playing, "monitor:bühne LINKS", "20", "1").report()
    assert report["error"] is None
    assert report["rate_hz"] == 22_050
    assert report["rms"] == 0.0
