"""Devices that go and come back: renumbered, replugged, beside others that must not suffer."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from streamgenre.capture.devices import alsa_names, device_stream, portaudio
from streamgenre.capture.devices.capture_device import CaptureDevice
from streamgenre.capture.devices.microphone import list_microphones
from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError, TransientSourceError
from tests.support.fake_sounddevice import FakeSoundDevice, PortAudioError
from tests.support.reading import wait_until
from tests.unit.capture.test_alsa_names import CARDS

LINE = ("HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 48_000.0)
USB = ("Scarlett: USB Audio (hw:1,0)", 4, 48_000.0)


def renumbered(device, number):
    return (device[0].replace("hw:1", f"hw:{number}"), *device[1:])


@pytest.fixture
def sounddevice(monkeypatch):
    monkeypatch.setattr(portaudio, "LIST_SECONDS", 0.0)
    return FakeSoundDevice(LINE, USB).install(monkeypatch)


def heard(source, sounddevice):
    sounddevice.play(10)
    return len(source.read(1.0).samples)


def test_a_device_unplugged_and_plugged_in_under_another_number_is_found_again(sounddevice):
    source = open_source("mic:Scarlett: USB Audio")
    device = sounddevice.unplug(USB[0])
    with pytest.raises(TransientSourceError, match=r"Scarlett.*unplugged"):
        source.read(0.1)
    source.close()
    with pytest.raises(PermanentSourceError, match=r"which capture device is 'Scarlett.*there is none"):
        open_source("mic:Scarlett: USB Audio")
    sounddevice.plugged.insert(0, renumbered(device, 3))
    source = open_source("mic:Scarlett: USB Audio")
    assert sounddevice.streams[-1].settings["device"] == 0
    assert heard(source, sounddevice) == 10
    source.close()


def test_a_device_missing_when_the_program_started_is_found_when_it_comes(sounddevice, monkeypatch):
    monkeypatch.setattr(portaudio, "LIST_SECONDS", 1000.0)
    late = ("Late (hw:2,0)", 1, 16_000.0)
    with pytest.raises(PermanentSourceError):
        open_source("mic:Late")
    sounddevice.plugged.append(late)
    source = open_source("mic:Late")
    assert heard(source, sounddevice) == 10
    source.close()


def test_two_devices_that_swap_their_numbers_keep_their_names(sounddevice):
    swapped = [
        ("Scarlett: USB Audio (hw:0,0)", 4, 48_000.0),
        ("HDA Intel PCH: ALC257 Analog (hw:1,0)", 2, 48_000.0),
    ]
    sounddevice.plugged = swapped
    source = open_source("mic:Scarlett: USB Audio")
    assert sounddevice.known == swapped
    assert sounddevice.streams[-1].device_name == "Scarlett: USB Audio (hw:0,0)"
    source.close()


def test_twins_keep_their_sockets_when_the_cards_are_renumbered(monkeypatch, tmp_path):
    cards = tmp_path / "cards"
    cards.write_text(CARDS)
    monkeypatch.setattr(alsa_names, "CARDS", cards)
    monkeypatch.setattr(portaudio, "LIST_SECONDS", 0.0)
    one, two = ("USB: Audio (hw:1,0)", 1, 44_100.0), ("USB: Audio (hw:2,0)", 1, 44_100.0)
    fake = FakeSoundDevice(one, two).install(monkeypatch)
    assert [d.identity for d in list_microphones()][1] == "mic:USB: Audio at usb-0000:00:14.0-3"
    text = list_microphones()[1].identity
    source = open_source(text)
    assert fake.streams[-1].device_name == "USB: Audio (hw:2,0)"
    source.close()
    cards.write_text(
        CARDS.replace("14.0-2", "14.0-9").replace("14.0-3", "14.0-2").replace("14.0-9", "14.0-3")
    )
    source = open_source(text)
    assert fake.streams[-1].device_name == "USB: Audio (hw:1,0)"
    source.close()


def test_one_twin_alone_is_still_found_by_the_name_with_its_socket(monkeypatch, tmp_path):
    cards = tmp_path / "cards"
    cards.write_text(CARDS)
    monkeypatch.setattr(alsa_names, "CARDS", cards)
    fake = FakeSoundDevice(("USB: Audio (hw:2,0)", 1, 44_100.0)).install(monkeypatch)
    source = open_source("mic:USB: Audio at usb-0000:00:14.0-3")
    assert heard(source, fake) == 10
    source.close()


def test_a_device_that_stays_away_interrupts_nobody(sounddevice):
    other = open_source("mic:ALC257")
    sounddevice.unplug(USB[0])
    for _ in range(3):
        with pytest.raises(PermanentSourceError):
            open_source("mic:Scarlett")
    assert sounddevice.initialisations == 1
    assert heard(other, sounddevice) == 10
    other.close()


def test_a_device_that_comes_back_unchanged_interrupts_nobody(sounddevice):
    other = open_source("mic:ALC257")
    source = open_source("mic:Scarlett")
    device = sounddevice.unplug(USB[0])
    source.close()
    sounddevice.plugged.append(device)
    source = open_source("mic:Scarlett")
    assert heard(source, sounddevice) == 10
    sounddevice.streams[0].play(10)
    assert len(other.read(1.0).samples) == 10
    assert sounddevice.initialisations == 1
    other.close()
    source.close()


def test_a_device_that_comes_back_under_another_number_makes_the_others_reopen(sounddevice):
    other = open_source("mic:ALC257")
    sounddevice.play(10)
    source = open_source("mic:Scarlett")
    device = sounddevice.unplug(USB[0])
    source.close()
    sounddevice.plugged.append(renumbered(device, 4))
    source = open_source("mic:Scarlett")
    assert sounddevice.initialisations == 2
    assert heard(source, sounddevice) == 10
    assert len(other.read(1.0).samples) == 10
    with pytest.raises(TransientSourceError, match=r"ALC257.*opened anew.*Scarlett"):
        other.read(0.1)
    other.close()
    other = open_source("mic:ALC257")
    assert heard(other, sounddevice) == 10
    other.close()
    source.close()


def test_while_a_stream_hangs_the_others_are_left_alone(sounddevice, monkeypatch):
    monkeypatch.setattr(device_stream, "CLOSE_SECONDS", 0.05)
    other = open_source("mic:ALC257")
    source = open_source("mic:Scarlett")
    released = threading.Event()
    sounddevice.streams[-1].abort = released.wait
    source.close()
    wait_until(portaudio.portaudio().hanging)
    sounddevice.plugged[1] = renumbered(USB, 4)
    with pytest.raises(TransientSourceError, match=r"is back.*hangs"):
        open_source("mic:Scarlett")
    sounddevice.streams[0].play(10)
    assert len(other.read(1.0).samples) == 10
    released.set()
    wait_until(lambda: not portaudio.portaudio().hanging())
    source = open_source("mic:Scarlett")
    assert heard(source, sounddevice) == 10
    source.close()
    other.close()


def test_a_portaudio_that_does_not_start_again_is_tried_at_the_next_opening(sounddevice, monkeypatch):
    sounddevice.plugged[1] = renumbered(USB, 4)

    def fail() -> None:
        raise PortAudioError("Unanticipated host error")

    with monkeypatch.context() as patch:
        patch.setattr(sounddevice, "_initialize", fail)
        with pytest.raises(TransientSourceError, match="does not start again"):
            open_source("mic:Scarlett")
    source = open_source("mic:Scarlett")
    assert heard(source, sounddevice) == 10
    source.close()


def test_a_stream_that_takes_too_long_to_open_is_left_behind_and_the_others_open(sounddevice, monkeypatch):
    monkeypatch.setattr(device_stream, "OPEN_SECONDS", 0.05)
    hanging = threading.Event()
    opened = sounddevice.InputStream

    def open_or_hang(**settings):
        if settings["device"] == 1:
            hanging.wait(30)
        return opened(**settings)

    monkeypatch.setattr(sounddevice, "InputStream", open_or_hang)
    for _ in range(device_stream.MAX_HANGING):
        with pytest.raises(TransientSourceError, match=r"Scarlett.*does not answer"):
            open_source("mic:Scarlett")
    with pytest.raises(TransientSourceError, match=r"Scarlett.*hangs"):
        open_source("mic:Scarlett")
    open_source("mic:ALC257").close()
    hanging.set()
    wait_until(lambda: sum(stream.closed for stream in sounddevice.streams) > device_stream.MAX_HANGING)
    source = open_source("mic:Scarlett")
    assert heard(source, sounddevice) == 10
    source.close()


def test_the_end_of_the_program_does_not_wait_for_what_hangs(sounddevice, monkeypatch):
    monkeypatch.setattr(device_stream, "CLOSE_SECONDS", 0.05)
    sounddevice._initialized = 1
    source = open_source("mic:Scarlett")
    released = threading.Event()
    sounddevice.streams[-1].abort = released.wait
    portaudio.portaudio()._leave_what_hangs()
    assert sounddevice._initialized == 1
    source.close()
    wait_until(portaudio.portaudio().hanging)
    portaudio.portaudio()._leave_what_hangs()
    assert sounddevice._initialized == 0
    released.set()


def test_the_fresh_process_tells_what_portaudio_sees():
    pytest.importorskip("sounddevice", reason="PortAudio is not installed", exc_type=OSError)
    rows = portaudio.list_in_fresh_process()
    assert all(row["max_input_channels"] > 0 and row["name"] for row in rows)


def test_a_fresh_process_that_hangs_is_ended_and_said(monkeypatch):
    monkeypatch.setattr(portaudio, "ANSWER_SECONDS", 0.01)
    with pytest.raises(TransientSourceError, match="does not answer"):
        portaudio.list_in_fresh_process()


def test_a_fresh_process_that_fails_is_said(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(TransientSourceError, match="cannot list the devices"):
        portaudio.list_in_fresh_process()


class SlowToFree:
    """A stream of PortAudio's that must not be asked any more once it is being freed."""

    def __init__(self, **_settings: object) -> None:
        self.freeing, self.may_end, self.asked = threading.Event(), threading.Event(), []

    @property
    def active(self) -> bool:
        self.asked.append(self.freeing.is_set())
        return True

    def start(self) -> None: ...

    abort = start

    def close(self) -> None:
        self.freeing.set()
        assert self.may_end.wait(20)


def test_a_stream_is_not_asked_while_it_is_being_freed():
    made: list[SlowToFree] = []

    def make(**settings: object) -> SlowToFree:
        made.append(SlowToFree(**settings))
        return made[-1]

    library = SimpleNamespace(InputStream=make, PortAudioError=PortAudioError)
    nothing = lambda *_: None  # noqa: E731
    portaudio_ = SimpleNamespace(library=library, hanging=list, enter=nothing, leave=nothing, doubt=nothing)
    device = CaptureDevice("microphone", "x", "mic:x", "x", 2, 48_000, default=True)
    stream = device_stream.DeviceStream(portaudio_, portaudio.FoundDevice(device, 0, 0), 2, nothing)
    stream.end("looked for anew")
    assert made[0].freeing.wait(20)
    assert not stream.active
    assert True not in made[0].asked
    made[0].may_end.set()
    assert stream.wait_until_closed(20)
