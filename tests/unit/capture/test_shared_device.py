"""One device, opened once, heard by several sources."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamgenre.capture.devices import shared_device
from streamgenre.capture.open_source import open_source
from streamgenre.errors import TransientSourceError
from tests.support.fake_sounddevice import FakeSoundDevice

CARD = ("Octa: USB Audio (hw:1,0)", 8, 8000.0)


@pytest.fixture
def sounddevice(monkeypatch):
    return FakeSoundDevice(CARD, ("pulse", 32, 8000.0)).install(monkeypatch)


def test_an_eight_input_card_is_eight_stations(sounddevice):
    stations = [open_source(f"mic:Octa?channels={channel}") for channel in range(1, 9)]
    assert len(sounddevice.streams) == 1
    sounddevice.play(100)
    for channel, station in enumerate(stations, start=1):
        block = station.read(1.0)
        assert (block.first_sample, block.samples.shape) == (0, (100, 1))
        assert block.samples[0, 0] == channel * 1000
        station.close()
    assert sounddevice.streams[0].closed


def test_the_last_one_closes_the_device_and_the_next_opens_it_again(sounddevice):
    one, two = open_source("mic:Octa"), open_source("mic:Octa?channels=7,8")
    one.close()
    assert not sounddevice.streams[0].closed
    sounddevice.play(10)
    assert two.read(1.0).samples[0].tolist() == [7000, 8000]
    two.close()
    assert sounddevice.streams[0].closed
    three = open_source("mic:Octa")
    assert len(sounddevice.streams) == 2
    three.close()


def test_a_slow_source_loses_its_own_samples_only(sounddevice):
    slow, quick = open_source("mic:Octa?channels=1"), open_source("mic:Octa?channels=2")
    heard = 0
    for _ in range(120):
        sounddevice.play(800)
        heard += len(quick.read(1.0).samples)
    assert (heard, quick.lost_samples) == (120 * 800, 0)
    assert slow.backlog_seconds == shared_device.RING_SECONDS
    assert slow.read(1.0).first_sample == slow.lost_samples == 2 * 8000
    slow.close()
    quick.close()


def test_who_comes_later_counts_from_where_it_came(sounddevice):
    one = open_source("mic:Octa?channels=1")
    sounddevice.play(500, overflow=True)
    two = open_source("mic:Octa?channels=1")
    sounddevice.play(10, overflow=True)
    assert len(one.read(1.0).samples) == 510
    block = two.read(1.0)
    assert (block.first_sample, block.samples[0, 0]) == (0, 1500)
    assert (one.overflows, two.overflows) == (2, 1)
    one.close()
    two.close()


@given(
    chosen=st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=8, unique=True), min_size=1, max_size=5),
    blocks=st.lists(st.integers(1, 9000), min_size=1, max_size=4),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_chosen_each_hears_its_own_channels_in_its_own_order(monkeypatch, chosen, blocks):
    fake = FakeSoundDevice(CARD).install(monkeypatch)
    sources = [open_source(f"mic:Octa?channels={','.join(map(str, each))}") for each in chosen]
    for samples in blocks:
        fake.play(samples)
    for source, channels in zip(sources, chosen, strict=True):
        parts = []
        while (block := source.read(0.0)) is not None:
            parts.append(block.samples)
        ramp = np.arange(sum(blocks), dtype=np.float32)[:, None]
        assert np.array_equal(np.concatenate(parts), ramp + np.float32(1000) * np.array(channels, np.float32))
        source.close()
    assert len(fake.streams) == 1


def test_a_plug_in_is_opened_with_what_is_needed_and_anew_when_more_is(sounddevice):
    first = open_source("mic:pulse")
    assert sounddevice.streams[-1].settings["channels"] == 2
    wide = open_source("mic:pulse?channels=5")
    assert sounddevice.streams[-1].settings["channels"] == 5
    with pytest.raises(TransientSourceError, match="more channels"):
        first.read(0.1)
    first.close()
    again = open_source("mic:pulse")
    assert len(sounddevice.streams) == 2
    again.close()
    wide.close()
    assert all(stream.closed for stream in sounddevice.streams)


def test_a_stream_that_gives_nothing_is_not_joined_but_opened_anew(sounddevice, monkeypatch):
    dead = open_source("mic:Octa?channels=1")
    monkeypatch.setattr("streamgenre.capture.devices.device_stream.CLOSE_SECONDS", 0.05)
    released = threading.Event()
    sounddevice.streams[0].abort = released.wait
    for shared in shared_device._open_devices.values():
        shared._called_at -= shared_device.FRESH_SECONDS
    alive = open_source("mic:Octa?channels=2")
    assert len(sounddevice.streams) == 2
    with pytest.raises(TransientSourceError, match="has given nothing"):
        dead.read(0.1)
    sounddevice.play(10)
    assert len(alive.read(1.0).samples) == 10
    dead.close()
    assert not sounddevice.streams[1].closed
    alive.close()
    released.set()


def test_the_callback_keeps_nothing(sounddevice):
    """Not measured is what NumPy takes for a moment to look at an array."""
    sources = [open_source("mic:Octa?channels=8,1"), open_source("mic:Octa?channels=2,3")]
    block = np.zeros((400, 8), np.float32)
    callback = sounddevice.streams[0].settings["callback"]
    callback(block, 400, None, 0)
    tracemalloc.start()
    try:
        callback(block, 400, None, 0)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(50):
            callback(block, 400, None, 0)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1000
    assert peak - before < block.nbytes / 2
    for source in sources:
        source.close()


def test_sources_may_open_and_close_while_it_plays(sounddevice):
    steady = open_source("mic:Octa?channels=4,2")
    stop = threading.Event()
    failures = []

    def come_and_go(channel):
        while not stop.is_set():
            try:
                open_source(f"mic:Octa?channels={channel}").close()
            except Exception as error:  # noqa: BLE001
                failures.append(error)
                return

    visitors = [threading.Thread(target=come_and_go, args=[channel]) for channel in (1, 3, 5)]
    for visitor in visitors:
        visitor.start()
    heard = 0
    for _ in range(300):
        sounddevice.streams[0].play(80)
        block = steady.read(1.0)
        assert block.first_sample == heard
        heard = block.end_sample
    stop.set()
    for visitor in visitors:
        visitor.join()
    assert (failures, heard, len(sounddevice.streams)) == ([], 300 * 80, 1)
    steady.close()
