from __future__ import annotations

import pytest

from streamgenre.capture.devices import alsa_names
from streamgenre.capture.devices.alsa_names import is_hardware, stable_names

CARDS = """\
 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 32
 1 [Device         ]: USB-Audio - USB Audio Device
                      C-Media Electronics USB Audio Device at usb-0000:00:14.0-2, full speed
 2 [Device_1       ]: USB-Audio - USB Audio Device
                      C-Media Electronics USB Audio Device at usb-0000:00:14.0-3, full speed
"""


@pytest.fixture
def cards(tmp_path, monkeypatch):
    path = tmp_path / "cards"
    path.write_text(CARDS)
    monkeypatch.setattr(alsa_names, "CARDS", path)
    return path


@pytest.mark.usefixtures("cards")
def test_card_numbers_are_dropped_and_twins_told_apart_by_their_socket():
    names = ["HDA Intel PCH: ALC257 (hw:0,0)", "USB: Audio (hw:1,0)", "USB: Audio (hw:2,0)", "default"]
    assert [configured for configured, _ in stable_names(names)] == [
        "HDA Intel PCH: ALC257",
        "USB: Audio at usb-0000:00:14.0-2",
        "USB: Audio at usb-0000:00:14.0-3",
        "default",
    ]


@pytest.mark.usefixtures("cards")
def test_a_lone_device_has_its_plain_name_and_says_its_socket_too():
    assert stable_names(["USB: Audio (hw:1,0)"]) == [("USB: Audio", "USB: Audio at usb-0000:00:14.0-2")]


@pytest.mark.usefixtures("cards")
def test_two_devices_of_one_card_with_one_name_keep_their_numbers():
    names = ["USB: Audio (hw:1,0)", "USB: Audio (hw:1,1)"]
    assert [configured for configured, _ in stable_names(names)] == names


def test_without_the_kernels_word_twins_keep_their_numbers(cards):
    cards.unlink()
    names = ["USB: Audio (hw:1,0)", "USB: Audio (hw:2,0)", "Line (hw:3,0)"]
    assert [configured for configured, _ in stable_names(names)] == [*names[:2], "Line"]


def test_a_card_is_told_from_a_plug_in():
    assert is_hardware("USB: Audio (hw:1,0)")
    assert not is_hardware("pulse")
