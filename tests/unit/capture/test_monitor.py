from __future__ import annotations

import os
import signal

import pytest

from streamgenre.capture.monitor import list_monitors
from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support import fake_pulse


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    fake_pulse.install(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("server")
def test_sinks_are_listed_at_their_own_rate():
    assert [(d.identity, d.channels, d.sample_rate_hz, d.default) for d in list_monitors()] == [
        ("monitor:bar.analog", 2, 44_100, False),
        ("monitor:bar.hdmi", 8, 48_000, True),
        ("monitor:stage", 1, 8000, False),
    ]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("text", "audio_format"),
    [
        ("monitor", AudioFormat(48_000, 8)),
        ("monitor:stage", AudioFormat(8000, 1)),
        ("monitor:Bühne", AudioFormat(8000, 1)),
        ("monitor:ANALOG", AudioFormat(44_100, 2)),
    ],
)
def test_a_sink_is_chosen_by_name_or_part_of_it(text, audio_format):
    source = open_source(text)
    assert source.format == audio_format
    assert source.live
    block = source.read(5.0)
    assert block.first_sample == 0
    assert block.samples[:3].tolist() == [[i] * audio_format.channels for i in range(3)]
    source.close()
    source.close()
    with pytest.raises(ProcessLookupError):
        os.kill(source.process_id, 0)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("text", "words"), [("monitor:bar", "several fit"), ("monitor:attic", "there is none")]
)
def test_what_is_not_there_is_refused_with_what_is(text, words):
    with pytest.raises(PermanentSourceError, match=f"{words}.*bar.hdmi"):
        open_source(text)


def test_the_death_of_parec_may_be_mended(server):
    fake_pulse.install(server, samples=10, then_die=True)
    source = open_source("monitor")
    assert len(source.read(5.0).samples) == 10
    with pytest.raises(TransientSourceError, match="Connection terminated"):
        source.read(5.0)
    source.close()


@pytest.mark.usefixtures("server")
def test_a_parec_that_hangs_is_ended():
    source = open_source("monitor")
    source.read(5.0)
    os.kill(source.process_id, signal.SIGSTOP)
    assert source.read(0.01) is None
    source.close()
    with pytest.raises(ProcessLookupError):
        os.kill(source.process_id, 0)


def test_missing_programs_are_named_with_the_remedy(server):
    (server / "parec").unlink()
    with pytest.raises(PermanentSourceError, match=r"parec is missing.*pulseaudio-utils"):
        open_source("monitor")
    (server / "pactl").unlink()
    with pytest.raises(PermanentSourceError, match=r"pactl is missing.*pulseaudio-utils"):
        open_source("monitor")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (
            "import sys; sys.exit('Connection failure: Connection refused')",
            "no sound server.*Connection refused",
        ),
        ("print('not json')", "does not answer"),
        ("import time; time.sleep(60)", "does not answer"),
    ],
)
def test_a_server_that_is_away_may_come_back(server, monkeypatch, program, words):
    monkeypatch.setattr("streamgenre.capture.monitor._ANSWER_SECONDS", 1.0)
    fake_pulse.write_program(server / "pactl", program)
    with pytest.raises(TransientSourceError, match=words):
        open_source("monitor")
