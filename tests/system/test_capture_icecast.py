"""A real Icecast: every codec, every way a station can go away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.open_source import open_source
from streamgenre.capture.source import AudioSource
from streamgenre.errors import PermanentSourceError, TransientSourceError
from tests.support.audio_files import loudest_hz, write_wav
from tests.support.icecast import ENCODINGS, Icecast, running_icecast
from tests.support.reading import read_until_over
from tests.support.sounds import tone

pytestmark = pytest.mark.system
RATE_HZ = 48_000


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    samples = np.repeat(tone(20, RATE_HZ, 997), 2, axis=1)
    return write_wav(tmp_path_factory.mktemp("sound") / "tone.wav", samples, RATE_HZ)


@pytest.fixture
def radio(sound) -> Iterator[Icecast]:
    with running_icecast() as server:
        server.feed("ogg", sound)
        yield server


def listen(source: AudioSource, seconds_of_audio: float) -> np.ndarray:
    blocks, heard = [], 0
    while heard < seconds_of_audio * source.format.sample_rate_hz:
        block = source.read(10.0)
        assert block is not None
        assert block.first_sample == heard
        heard = block.end_sample
        blocks.append(block.samples)
    return np.concatenate(blocks)


def until_it_breaks(source: AudioSource) -> str:
    over = read_until_over(source)[1]
    assert isinstance(over, TransientSourceError)
    return str(over)


def test_every_codec_gives_the_tone_at_its_rate(sound):
    with running_icecast() as server:
        server.feed_all(sound)
        for mount in ENCODINGS:
            with closing(open_source(server.url(mount))) as source:
                assert source.live
                assert source.format.sample_rate_hz == RATE_HZ
                heard = listen(source, 3.0)
            assert heard.shape[1] == 2
            last_second = heard[-RATE_HZ:, 0]
            assert loudest_hz(last_second, RATE_HZ) == pytest.approx(997, abs=2), mount
            assert np.sqrt(np.mean(last_second**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.08), mount


def test_a_mount_that_is_not_there_and_one_that_is_not_ours(radio):
    with pytest.raises(PermanentSourceError, match="HTTP 404"):
        open_source(radio.url("nothing"))
    with pytest.raises(PermanentSourceError, match="HTTP 401"):
        open_source(radio.url("admin/stats"))


def test_a_studio_that_goes_off_the_air(radio):
    with closing(open_source(radio.url("ogg"))) as source:
        listen(source, 1.0)
        radio.stop_feed("ogg")
        assert "ended the stream" in (reason := until_it_breaks(source)) or "lost" in reason


def test_a_server_that_hangs(radio):
    with closing(open_source(radio.url("ogg"))) as source:
        listen(source, 1.0)
        radio.freeze()
        assert "sent nothing for 3 s" in until_it_breaks(source)
    with pytest.raises(TransientSourceError, match="sent nothing for 3 s"):
        open_source(radio.url("ogg"))


def test_a_server_that_dies(radio):
    with closing(open_source(radio.url("ogg"))) as source:
        listen(source, 1.0)
        radio.kill()
        assert "lost" in (reason := until_it_breaks(source)) or "ended the stream" in reason
    with pytest.raises(TransientSourceError, match="connection refused"):
        open_source(radio.url("ogg"))


def test_closing_while_a_station_plays_leaves_no_process_for_long(radio):
    source = open_source(radio.url("ogg"))
    listen(source, 0.5)
    source.close()
    give_up = time.monotonic() + 60
    while still_there(source.process_id):
        assert time.monotonic() < give_up
        time.sleep(0.1)


def still_there(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_reader_that_sleeps_past_the_ring_is_told_what_it_missed(radio, monkeypatch):
    monkeypatch.setattr("streamgenre.capture.decoders.stream_receiver.RING_SECONDS", 0.5)
    monkeypatch.setattr("streamgenre.capture.decoders.stream_receiver.PATIENCE_SECONDS", 0.0)
    with closing(open_source(radio.url("ogg"))) as source:
        time.sleep(2.0)
        block = source.read(1.0)
        assert block.first_sample > 0
        assert source.lost_samples == block.first_sample
