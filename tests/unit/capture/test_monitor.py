from __future__ import annotations

import os
import signal

import pytest

from streamgenre.capture.devices.monitor import list_monitors
from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support import fake_pulse
from tests.support.reading import read_until_over, wait_until


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


def test_what_a_slow_reader_loses_is_counted_and_not_left_to_the_server(server):
    seconds = 15
    fake_pulse.install(server, samples=seconds * 8000, then_die=True)
    source = open_source("monitor:stage")
    wait_until(source._parec._over.is_set)
    assert source.backlog_seconds == 10.0
    blocks, over = read_until_over(source)
    assert isinstance(over, TransientSourceError)
    assert blocks[0].first_sample == source.lost_samples == (seconds - 10) * 8000
    assert blocks[-1].end_sample == seconds * 8000
    assert all(block.samples[0, 0] == block.first_sample for block in blocks)
    source.close()


def test_a_sink_that_is_removed_ends_its_monitor_even_if_parec_goes_on(server):
    source = open_source("monitor:stage")
    fake_pulse.tell(server, "Event 'remove' on sink #6")
    fake_pulse.tell(server, "Event 'remove' on sink-input #7")
    fake_pulse.tell(server, "Event 'remove' on sink #7")
    blocks, over = read_until_over(source)
    assert sum(len(block.samples) for block in blocks) in {0, 1000}
    assert str(over) == "monitor of stage: the sink was removed"
    source.close()


def test_the_default_monitor_follows_the_default_sink(server):
    source = open_source("monitor")
    assert source.format.channels == 8
    fake_pulse.tell(server, "Event 'change' on server #0")
    fake_pulse.make_default(server, "stage")
    _, over = read_until_over(source)
    assert isinstance(over, TransientSourceError)
    assert str(over) == "monitor of bar.hdmi: the default sink is now stage"
    source.close()
    source = open_source("monitor")
    assert source.format == AudioFormat(8000, 1)
    source.close()


def test_a_monitor_chosen_by_name_stays_whatever_the_default(server):
    source = open_source("monitor:bar.hdmi")
    fake_pulse.make_default(server, "stage")
    assert sum(len(source.read(5.0).samples) for _ in range(1)) > 0
    while source.read(0.2) is not None:
        pass
    assert source.read(0.2) is None
    source.close()


def test_two_sources_may_have_the_same_monitor(server):
    fake_pulse.install(server, samples=100)
    one, two = open_source("monitor:stage"), open_source("monitor:stage")
    assert one.process_id != two.process_id
    assert len(one.read(5.0).samples) == len(two.read(5.0).samples) == 100
    one.close()
    two.close()


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
    monkeypatch.setattr("streamgenre.capture.devices.pactl.ANSWER_SECONDS", 1.0)
    fake_pulse.write_program(server / "pactl", program)
    with pytest.raises(TransientSourceError, match=words):
        open_source("monitor")
