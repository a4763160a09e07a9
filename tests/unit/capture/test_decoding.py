"""A decoding in its thread, with decoders real and made up."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from streamgenre.capture.decoders.decoder_records import (
    Damaged,
    Decoded,
    Ended,
    Failed,
    Opened,
    Titled,
    Worked,
    read_record,
)
from streamgenre.capture.decoders.decoding import Decoding
from streamgenre.capture.media import MediaDecoder
from streamgenre.errors import TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat
from tests.support.audio_files import random_int16, write_wav
from tests.support.local_http import file_server, status_server

PATIENCE_SECONDS = 20.0


class Script:
    """A decoder that does as it is told: steps are samples to give, or what to do."""

    format = AudioFormat(1000, 1)
    finite = False
    codec = "mp3"

    def __init__(self, *steps) -> None:
        self.title, self.damage = "first", None
        self.closed = threading.Event()
        self._steps = steps

    def blocks(self):
        at = 0
        for step in self._steps:
            if callable(step):
                step(self)
            else:
                yield AudioBlock(np.full((step, 1), at, np.float32), at)
                at += step

    def close(self):
        self.closed.set()


def entitle(title):
    return lambda decoder: setattr(decoder, "title", title)


def damage(text):
    return lambda decoder: setattr(decoder, "damage", text)


def fail(error):
    def step(_decoder):
        raise error

    return step


def wait_for_closing(decoder):
    assert decoder.closed.wait(PATIENCE_SECONDS)
    raise TransientSourceError("closed")


def decoded(open_decoder, url="x"):
    reading, writing = os.pipe()
    decoding = Decoding(url, os.fdopen(writing, "wb"), open_decoder)
    decoding.start()
    return decoding, os.fdopen(reading, "rb")


def records_of(open_decoder, url="x"):
    pipe = decoded(open_decoder, url)[1]
    with pipe:
        return list(iter(lambda: read_record(pipe), None))


def test_it_tells_the_format_the_samples_and_the_end(tmp_path):
    samples = random_int16(5000, 2)
    write_wav(tmp_path / "a.wav", samples, 16_000)
    with file_server(tmp_path) as address:
        first, *middle, last = records_of(MediaDecoder, f"{address}/a.wav")
    assert first == Opened(AudioFormat(16_000, 2), None, finite=True, codec="pcm_s16le")
    assert last == Ended()
    assert np.array_equal(np.concatenate([r.samples for r in middle]), samples / np.float32(32768))


def test_it_tells_what_went_wrong():
    with status_server() as address:
        (record,) = records_of(MediaDecoder, f"{address}/404")
    assert isinstance(record, Failed)
    assert record.permanent


def test_titles_and_damage_are_told_once_where_they_come():
    script = Script(
        50, entitle("second"), damage("1 damaged packet"), 50, 50, entitle(None), 50, damage("more")
    )
    records = records_of(lambda _url: script)
    told = [len(r.samples) if isinstance(r, Decoded) else r for r in records]
    assert told == [
        Opened(AudioFormat(1000, 1), "first", finite=False, codec="mp3"),
        50,
        Titled("second"),
        50,
        Damaged("1 damaged packet"),
        50,
        Titled(None),
        50,
        Damaged("more"),
        Ended(),
    ]
    assert script.closed.wait(20)


def test_what_decoding_took_is_told_every_five_seconds_of_sound():
    records = records_of(lambda _url: Script(12_000))
    worked = [record.cpu_seconds for record in records if isinstance(record, Worked)]
    assert len(worked) == 2
    assert 0.0 < worked[0] <= worked[1]


def test_what_decoding_took_is_told_though_the_channels_have_changed():
    script = Script(30)
    script.blocks = lambda: iter(
        (AudioBlock(np.zeros((30, 1), np.float32), 0), AudioBlock(np.zeros((12_000, 2), np.float32), 30))
    )
    records = records_of(lambda _url: script)
    assert len([record for record in records if isinstance(record, Worked)]) == 2


def test_what_was_decoded_before_an_error_is_told():
    records = records_of(lambda _url: Script(30, fail(TransientSourceError("broke"))))
    assert len(records[1].samples) == 30
    assert records[2:] == [Failed("broke", permanent=False)]


@pytest.mark.parametrize("error", [RuntimeError("http://me:hush@x"), MemoryError()])
def test_an_error_nobody_thought_of_ends_this_stream_without_its_secrets(error):
    *_, last = records_of(lambda _url: Script(100, fail(error)), "http://me:hush@x/y")
    name = type(error).__name__
    assert last == Failed(f"http://***@x/y: its decoder failed ({name})", permanent=False)


def test_closing_ends_one_that_waits_for_its_server():
    script = Script(50, wait_for_closing)
    decoding, pipe = decoded(lambda _url: script)
    with pipe:
        assert isinstance(read_record(pipe), Opened)
        decoding.close()
        while read_record(pipe) is not None:
            pass
    assert script.closed.wait(20)


def test_closing_ends_one_that_is_being_opened_as_soon_as_it_is():
    opening, go_on = threading.Event(), threading.Event()
    script = Script(50)

    def open_decoder(_url):
        opening.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return script

    decoding, pipe = decoded(open_decoder)
    with pipe:
        assert opening.wait(PATIENCE_SECONDS)
        decoding.close()
        assert not decoding.over
        go_on.set()
        assert read_record(pipe) is None
    assert script.closed.wait(PATIENCE_SECONDS)


def test_closing_does_not_wait_for_a_library_that_hangs():
    let_go = threading.Event()
    script = Script(50, wait_for_closing)

    def hang():
        script.closed.set()
        let_go.wait(PATIENCE_SECONDS)

    script.close = hang
    decoding, pipe = decoded(lambda _url: script)
    with pipe:
        read_record(pipe)
        decoding.close()
        let_go.set()
        while read_record(pipe) is not None:
            pass
    assert script.closed.is_set()


def test_a_receiver_that_is_gone_is_the_end():
    script = Script(*[50] * 10_000)
    decoding, pipe = decoded(lambda _url: script)
    pipe.close()
    assert script.closed.wait(PATIENCE_SECONDS)
    decoding._thread.join(PATIENCE_SECONDS)
    assert decoding.over
