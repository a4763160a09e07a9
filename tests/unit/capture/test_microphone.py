from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest

from streamgenre.capture.devices.microphone import list_microphones
from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support.fake_sounddevice import FakeSoundDevice


@pytest.fixture
def sounddevice(monkeypatch):
    return FakeSoundDevice(
        ("HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 48_000.0),
        ("Scarlett 18i20 USB: Audio (hw:1,0)", 18, 96_000.0),
        ("USB Audio: - (hw:2,0)", 1, 44_100.0),
        ("USB Audio: - (hw:3,0)", 1, 44_100.0),
        ("HDMI (hw:0,3)", 0, 48_000.0),
        ("default", 32, 44_100.0),
        default=5,
    ).install(monkeypatch)


@pytest.mark.usefixtures("sounddevice")
def test_devices_are_listed_with_what_survives_a_renumbering():
    assert [(d.identity, d.channels, d.sample_rate_hz, d.default) for d in list_microphones()] == [
        ("mic:HDA Intel PCH: ALC257 Analog", 2, 48_000, False),
        ("mic:Scarlett 18i20 USB: Audio", 18, 96_000, False),
        ("mic:USB Audio: - (hw:2,0)", 1, 44_100, False),
        ("mic:USB Audio: - (hw:3,0)", 1, 44_100, False),
        ("mic:default", 32, 44_100, True),
    ]


@pytest.mark.parametrize(
    ("text", "index", "audio_format"),
    [
        ("mic", 5, AudioFormat(44_100, 2)),
        ("mic:Scarlett 18i20 USB: Audio", 1, AudioFormat(96_000, 2)),
        ("mic:Scarlett 18i20 USB: Audio (hw:1,0)", 1, AudioFormat(96_000, 2)),
        ("mic:scarlett", 1, AudioFormat(96_000, 2)),
        ("mic:hw:3,0", 3, AudioFormat(44_100, 1)),
        ("mic:scarlett?channels=3,4", 1, AudioFormat(96_000, 2)),
        ("mic:scarlett?channels=18", 1, AudioFormat(96_000, 1)),
        ("mic:scarlett?channels=1,2,5", 1, AudioFormat(96_000, 3)),
    ],
)
def test_a_device_is_chosen_by_identity_name_or_part_of_it(sounddevice, text, index, audio_format):
    source = open_source(text)
    assert sounddevice.streams[-1].settings["device"] == index
    assert source.format == audio_format
    sounddevice.play(10)
    assert source.read(1.0).samples.shape == (10, audio_format.channels)
    source.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mic:nothing", ["'nothing'", "there is none", "Scarlett"]),
        ("mic:USB", ["'USB'", "several fit", "hw:1,0", "hw:3,0"]),
        ("mic:HDMI", ["there is none"]),
        ("mic:ALC257?channels=3", ["no channel 3", "it has 2"]),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(sounddevice, text, words):
    with pytest.raises(PermanentSourceError) as refusal:
        open_source(text)
    for word in words:
        assert word in str(refusal.value)
    assert sounddevice.streams == []


def test_the_channels_chosen_come_in_the_order_asked_for(sounddevice):
    source = open_source("mic:scarlett?channels=4,2")
    sounddevice.play(3)
    assert sounddevice.streams[-1].settings["channels"] == 18
    assert source.read(1.0).samples.tolist() == [[4000, 2000], [4001, 2001], [4002, 2002]]
    source.close()


def test_a_slow_reader_is_told_of_every_sample_lost(sounddevice):
    source = open_source("mic:hw:2,0")
    for _ in range(11):
        sounddevice.play(44_100)
    block = source.read(1.0)
    assert block.first_sample == 44_100
    assert source.lost_samples == 44_100
    assert block.samples[0, 0] == np.float32(44_100 + 1000)
    source.close()


def test_overflows_are_counted(sounddevice):
    source = open_source("mic")
    sounddevice.play(10)
    assert source.damage is None
    sounddevice.play(10, overflow=True)
    assert source.overflows == 1
    assert source.damage == "1 overrun reported by the device"
    source.close()


@pytest.mark.usefixtures("sounddevice")
def test_no_sound_is_no_block_and_no_error():
    source = open_source("mic")
    begin = time.monotonic()
    assert source.read(0.05) is None
    assert time.monotonic() - begin >= 0.05
    source.close()


@pytest.mark.parametrize("callback_comes", [True, False])
def test_unplugging_gives_what_was_heard_and_then_says_so(sounddevice, callback_comes):
    source = open_source("mic")
    sounddevice.play(10)
    stream = sounddevice.streams[-1]
    if callback_comes:
        stream.unplug()
    else:
        stream.active = False
    assert len(source.read(1.0).samples) == 10
    with pytest.raises(TransientSourceError, match="default stopped"):
        source.read(1.0)
    source.close()
    source.close()
    assert (stream.aborts, stream.closed) == (1, True)
    with pytest.raises(ValueError, match="closed"):
        source.read(0.1)


def test_a_device_in_use_may_become_free(sounddevice):
    sounddevice.refuse_to_open = True
    with pytest.raises(TransientSourceError, match=r"-9985.*in use"):
        open_source("mic")


def test_a_sound_server_that_hangs_does_not_hang_us(sounddevice, monkeypatch):
    monkeypatch.setattr("streamgenre.capture.devices.device_stream.CLOSE_SECONDS", 0.05)
    source = open_source("mic")
    released = threading.Event()
    sounddevice.streams[-1].abort = released.wait
    source.close()
    assert not sounddevice.streams[-1].closed
    released.set()


def test_no_device_at_all_is_said(monkeypatch):
    FakeSoundDevice(default=-1).install(monkeypatch)
    with pytest.raises(PermanentSourceError, match="no capture device on this machine"):
        open_source("mic")


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OSError("PortAudio library not found"), "apt-get install libportaudio2"),
        (RuntimeError("-9999"), "asoundrc"),
    ],
)
def test_a_portaudio_that_cannot_be_loaded_is_said_with_the_remedy(monkeypatch, failure, words):
    class Broken:
        def find_spec(self, name, *_):
            if name == "sounddevice":
                raise failure

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(PermanentSourceError, match=words) as refusal:
        open_source("mic")
    assert len(str(refusal.value).splitlines()) == 1
