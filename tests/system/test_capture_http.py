"""Stations of a real Icecast through our own HTTP: every codec, their titles, and how they go away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.stations.stream_decoder import StreamDecoder
from streamgenre.errors import TransientSourceError
from tests.support.audio_files import loudest_hz, write_encoded, write_wav
from tests.support.icecast import ENCODINGS, Icecast, running_icecast
from tests.support.ogg_flac import write_ogg_flac
from tests.support.sounds import tone

pytestmark = pytest.mark.system
RATE_HZ = 48_000
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    samples = np.repeat(tone(20, RATE_HZ, 997), 2, axis=1)
    return write_wav(tmp_path_factory.mktemp("sound") / "tone.wav", samples, RATE_HZ)


@pytest.fixture(scope="module")
def radio(sound) -> Iterator[Icecast]:
    with running_icecast() as server:
        server.feed_all(sound)
        yield server


@pytest.fixture
def lone_mount(sound) -> Iterator[Icecast]:
    with running_icecast() as server:
        server.feed("mp3", sound)
        yield server


@pytest.mark.parametrize("mount", ENCODINGS)
def test_every_codec_gives_the_tone(radio, mount):
    with closing(StreamDecoder(radio.url(mount))) as decoder:
        assert decoder.finite is False
        assert decoder.format.sample_rate_hz == RATE_HZ
        blocks, samples = [], 0
        for block in decoder.blocks():
            blocks.append(block.samples)
            samples += len(block.samples)
            if samples > 3 * RATE_HZ:
                break
    last_second = np.concatenate(blocks)[-RATE_HZ:, 0]
    assert loudest_hz(last_second, RATE_HZ) == pytest.approx(997, abs=2)
    assert np.sqrt(np.mean(last_second**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.08)


def test_titles_change_as_the_studio_says(radio):
    told = [("Ünï - Söng", "utf-8"), ("Señor – Año", "cp1252"), ("It's; 'so';", "utf-8"), ("Кино", "utf-8")]
    with closing(StreamDecoder(radio.url("mp3"))) as decoder:
        blocks = decoder.blocks()
        for title, charset in told:
            radio.set_title("mp3", title, charset)
            give_up = time.monotonic() + PATIENCE_SECONDS
            while decoder.title != title and time.monotonic() < give_up:
                next(blocks)
            assert decoder.title == title


@pytest.mark.parametrize("kind", ["ogg", "opus", "oga"])
def test_titles_change_with_the_links_of_an_ogg_stream(radio, tmp_path, kind):
    write = write_ogg_flac if kind == "oga" else write_encoded
    links = [
        write(tmp_path / f"{number}.{kind}", tone(20, RATE_HZ, 440), RATE_HZ, {"artist": "Ä", "title": title})
        for number, title in enumerate(("One", "Two", "Three"))
    ]
    data = b"".join(path.read_bytes() for path in links)
    with radio.studio(f"links-{kind}", "application/ogg") as line:
        line.sendall(data[:4096])
        over = threading.Event()

        def play() -> None:
            for at in range(4096, len(data), 4096):
                line.sendall(data[at : at + 4096])
                over.wait(0.02)

        player = threading.Thread(target=play)
        player.start()
        with closing(StreamDecoder(radio.url(f"links-{kind}"))) as decoder:
            titles = [decoder.title]
            blocks = decoder.blocks()
            while titles[-1] != "Ä - Three":
                next(blocks)
                if decoder.title != titles[-1]:
                    titles.append(decoder.title)
            assert decoder.damage is None
        over.set()
        player.join()
    assert titles == ["Ä - One", "Ä - Two", "Ä - Three"][-len(titles) :]
    assert len(titles) > 1


def how_it_ends(decoder: StreamDecoder, blocks) -> str:
    with pytest.raises(TransientSourceError) as over:
        for _ in blocks:
            pass
    decoder.close()
    return str(over.value)


def test_a_studio_that_goes_off_the_air_and_a_server_that_dies(lone_mount, sound):
    for go in (lambda: lone_mount.stop_feed("mp3"), lone_mount.kill):
        decoder = StreamDecoder(lone_mount.url("mp3"))
        blocks = decoder.blocks()
        next(blocks)
        go()
        assert "ended the stream" in (reason := how_it_ends(decoder, blocks)) or "lost" in reason
        if lone_mount.process.poll() is None:
            lone_mount.feed("mp3", sound)
    with pytest.raises(TransientSourceError, match="connection refused"):
        StreamDecoder(lone_mount.url("mp3"))


def test_a_server_that_hangs_and_a_reader_that_gives_up_on_it(lone_mount):
    decoder, other = StreamDecoder(lone_mount.url("mp3")), StreamDecoder(lone_mount.url("mp3"))
    blocks = decoder.blocks()
    next(blocks)
    lone_mount.freeze()
    ended = threading.Event()
    reader = threading.Thread(target=lambda: (list(other.blocks()), ended.set()))
    reader.start()
    other.close()
    assert ended.wait(2.0)
    reader.join()
    assert "sent nothing for 3 s" in how_it_ends(decoder, blocks)
