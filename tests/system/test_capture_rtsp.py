"""A real RTSP server: sound comes, and its end is noticed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from streamgenre.capture.stations.stream_decoder import StreamDecoder
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from tests.support.audio_files import loudest_hz, write_wav
from tests.support.rtsp_server import running_rtsp_server
from tests.support.sounds import tone

pytestmark = pytest.mark.system
RATE_HZ = 48_000


def opened(url: str) -> StreamDecoder:
    """Wait until the feed has arrived."""
    give_up = time.monotonic() + 60
    while True:
        try:
            return StreamDecoder(url)
        except SourceError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)


def test_a_station_plays_and_its_end_is_noticed(tmp_path):
    sound = write_wav(tmp_path / "tone.wav", np.repeat(tone(20, RATE_HZ, 997), 2, axis=1), RATE_HZ)
    with running_rtsp_server(sound) as server:
        decoder = opened(server.url)
        assert decoder.finite is False
        assert decoder.format.sample_rate_hz == RATE_HZ
        blocks, heard, samples = decoder.blocks(), [], 0
        while samples < 2 * RATE_HZ:
            heard.append(next(blocks).samples)
            samples += len(heard[-1])
        assert loudest_hz(np.concatenate(heard)[-RATE_HZ:, 0], RATE_HZ) == pytest.approx(997, abs=2)
        server.process.kill()
        server.process.wait(10)
        with pytest.raises(TransientSourceError):
            list(blocks)
        decoder.close()
        with pytest.raises(TransientSourceError, match="connection refused"):
            StreamDecoder(server.url)


def test_a_station_that_is_not_there(tmp_path):
    sound = write_wav(tmp_path / "tone.wav", tone(5, RATE_HZ, 997), RATE_HZ)
    with running_rtsp_server(sound) as server, pytest.raises(PermanentSourceError, match="404"):
        StreamDecoder(server.url.replace("station", "nothing"))
