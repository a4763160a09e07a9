from __future__ import annotations

import sys

import pytest

from streamgenre.capture.devices.device_list import list_devices
from tests.support import fake_pulse
from tests.support.fake_sounddevice import FakeSoundDevice


def test_both_kinds_are_listed(tmp_path, monkeypatch):
    fake_pulse.install(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "sounddevice", FakeSoundDevice(("Line in", 2, 48_000.0)))
    found = list_devices()
    assert [device.kind for device in found.devices] == ["microphone", "monitor", "monitor", "monitor"]
    assert found.notes == ()


def test_what_is_missing_is_a_note_and_the_rest_is_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "sounddevice", FakeSoundDevice(("Line in", 2, 48_000.0)))
    found = list_devices()
    assert [device.identity for device in found.devices] == ["mic:Line in"]
    assert len(found.notes) == 1
    assert "pulseaudio-utils" in found.notes[0]


@pytest.mark.filterwarnings("error")
def test_a_machine_without_any_sound_is_two_notes(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    found = list_devices()
    assert found.devices == ()
    assert len(found.notes) == 2
