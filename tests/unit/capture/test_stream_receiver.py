"""What a receiver makes of the records that come through its pipe; the test writes them."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from streamgenre.capture.decoders import stream_receiver
from streamgenre.capture.decoders.decoder_records import (
    Damaged,
    Decoded,
    Ended,
    Failed,
    Opened,
    Titled,
    write_record,
)
from streamgenre.capture.decoders.stream_receiver import StreamReceiver
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat

PATIENCE_SECONDS = 20.0
STATION = Opened(AudioFormat(1000, 1), "first", finite=False)
FILE = Opened(AudioFormat(1000, 1), None, finite=True)


class Line:
    """A pool of one stream, and that stream; its far end is the test's."""

    process_id = 4711

    def __init__(self):
        reading, writing = os.pipe()
        self.pipe, self.far_end = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
        self.closed, self.over = threading.Event(), threading.Event()

    def open(self, _url):
        return self

    def close(self):
        self.closed.set()

    def ended(self):
        self.over.set()

    def how_the_process_ended(self):
        return "Killed"

    def send(self, *records):
        for record in records:
            write_record(self.far_end, record)


@pytest.fixture
def line():
    made = Line()
    yield made
    made.far_end.close()
    assert made.over.wait(PATIENCE_SECONDS)


@pytest.fixture
def receiver(line):
    made = StreamReceiver("http://me:hush@x/y", line)
    yield made
    made.close()


def sound(samples, first=0):
    return Decoded(np.arange(first, first + samples, dtype=np.float32)[:, None])


def wait_until(condition):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)


def ending_of(receiver):
    while True:
        try:
            receiver.read(1000, PATIENCE_SECONDS)
        except (EOFError, TransientSourceError, PermanentSourceError) as ending:
            return ending


def test_format_samples_title_and_damage_follow_the_records(line, receiver):
    line.send(STATION)
    assert receiver.wait_until_open() == STATION
    assert (receiver.title, receiver.damage, receiver.unread_samples) == ("first", None, 0)
    line.send(sound(50), Titled("second"), Damaged("1 damaged packet"), sound(30, 50))
    wait_until(lambda: receiver.unread_samples == 80)
    assert (receiver.title, receiver.damage) == ("second", "1 damaged packet")
    heard = receiver.read(1000, 0.0)
    assert np.array_equal(heard.samples[:, 0], np.arange(80))
    assert receiver.read(1000, 0.0) is None
    line.send(Titled(None))
    wait_until(lambda: receiver.title is None)


@pytest.mark.parametrize(
    ("opened", "last", "kind", "text"),
    [
        (FILE, Ended(), EOFError, "^$"),
        (STATION, Ended(), TransientSourceError, "the server ended the stream"),
        (STATION, Failed("broke", permanent=False), TransientSourceError, "broke"),
        (FILE, Failed("broke", permanent=True), PermanentSourceError, "broke"),
        (STATION, None, TransientSourceError, r"its decoder process ended unexpectedly \(Killed\)$"),
        (FILE, None, PermanentSourceError, r"its decoder process ended unexpectedly \(Killed\); run it"),
    ],
)
def test_how_it_ends_is_told_after_the_last_sample(line, receiver, opened, last, kind, text):
    line.send(opened, sound(50))
    if last:
        line.send(last)
    line.far_end.close()
    assert len(receiver.read(1000, PATIENCE_SECONDS).samples) == 50
    with pytest.raises(kind, match=text) as ending:
        receiver.read(1000, PATIENCE_SECONDS)
    assert "hush" not in str(ending.value)


def test_a_process_that_dies_while_it_opens_is_told_where_one_waits(line, receiver):
    line.far_end.close()
    with pytest.raises(TransientSourceError, match="ended unexpectedly"):
        receiver.wait_until_open()


def test_a_stream_that_never_opens_is_given_up(receiver, monkeypatch):
    monkeypatch.setattr(stream_receiver, "OPEN_SECONDS", 0.05)
    with pytest.raises(TransientSourceError, match=r"\*\*\*@x/y: no audio came"):
        receiver.wait_until_open()


def test_a_burst_longer_than_the_ring_waits_for_a_reader_who_is_there(line, receiver, monkeypatch):
    monkeypatch.setattr(stream_receiver, "RING_SECONDS", 0.2)
    threading.Thread(target=line.send, args=[STATION, *(sound(50, 50 * i) for i in range(40))]).start()
    receiver.wait_until_open()
    heard = []
    while sum(map(len, heard)) < 2000:
        heard.append(receiver.read(30, PATIENCE_SECONDS).samples[:, 0])
    assert np.array_equal(np.concatenate(heard), np.arange(2000))
    assert receiver.lost_samples == 0


def test_without_a_reader_the_oldest_of_a_station_is_lost_and_counted(line, receiver, monkeypatch):
    monkeypatch.setattr(stream_receiver, "RING_SECONDS", 0.2)
    monkeypatch.setattr(stream_receiver, "PATIENCE_SECONDS", 0.0)
    line.send(STATION, *(sound(50, 50 * i) for i in range(10)), Ended())
    wait_until(lambda: receiver._ending is not None)
    block = receiver.read(1000, 0.0)
    assert (block.first_sample, receiver.lost_samples) == (300, 300)
    assert np.array_equal(block.samples[:, 0], np.arange(300, 500))


def test_a_ring_stays_within_its_memory(line, receiver, monkeypatch):
    monkeypatch.setattr(stream_receiver, "RING_BYTES", 8000)
    monkeypatch.setattr(stream_receiver, "PATIENCE_SECONDS", 0.0)
    line.send(
        Opened(AudioFormat(3_000_000, 4), None, finite=False),
        Decoded(np.ones((2000, 4), np.float32)),
        Ended(),
    )
    assert isinstance(ending_of(receiver), TransientSourceError)
    assert receiver.lost_samples == 1500


def test_closing_lets_the_decoding_run_out_unheard(line, receiver):
    line.send(STATION, sound(50))
    receiver.wait_until_open()
    receiver.close()
    assert line.closed.is_set()
    for _ in range(100):
        line.send(sound(1000))  # more than a pipe holds
    assert not line.over.is_set()
    line.far_end.close()
    assert line.over.wait(PATIENCE_SECONDS)
    assert receiver.unread_samples <= 50
