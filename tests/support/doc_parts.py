"""The real parts that the documentation speaks of: a station and a broker, and what is played."""

from __future__ import annotations

import functools
import http.server
import shutil
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.demonstration.programme import ProgrammeSource
from tests.support.audio_files import write_encoded, write_flac, write_wav
from tests.support.local_http import serving
from tests.support.mosquitto import MOSQUITTO, Broker, make_broker
from tests.support.sounds import Float32, as_int16

RATE_HZ = 44_100
SONG_SECONDS = 36
BURST_SECONDS = 4.0
PAUSE_SECONDS = 0.1
TITLE_EVERY_BYTES = 16_000
LOCKED = "allow_anonymous false\npassword_file {folder}/passwords\nacl_file {folder}/access\n"


@functools.cache
def broadcast() -> Float32:
    """(samples, 2) float32 at RATE_HZ: how the built-in programme begins, music that the model knows."""
    source, blocks = ProgrammeSource(paced=False), []
    while sum(map(len, blocks)) < SONG_SECONDS * RATE_HZ:
        block = source.read(60)
        assert block is not None
        blocks.append(block.samples)
    source.close()
    return np.concatenate(blocks)[: SONG_SECONDS * RATE_HZ]


@functools.cache
def encoded(suffix: str) -> bytes:
    """The broadcast as a file of that kind."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{suffix}"
        match suffix:
            case ".wav":
                write_wav(path, as_int16(broadcast()), RATE_HZ)
            case ".flac":
                write_flac(path, as_int16(broadcast()), RATE_HZ)
            case _:
                write_encoded(path, broadcast(), RATE_HZ, {"title": "A song", "artist": "An artist"})
        return path.read_bytes()


@contextmanager
def radio() -> Generator[str]:
    """Play the broadcast over and over as MP3 at every path, with titles for who asks; yields the address."""
    over, sound = threading.Event(), encoded(".mp3")
    bytes_per_second = len(sound) / SONG_SECONDS

    class Listener(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            """Play at the pace of the sound until one side has had enough."""
            wants_titles = self.headers.get("Icy-MetaData") == "1"
            self.send_response(200)
            self.send_header("Content-Type", "audio/mpeg")
            if wants_titles:
                self.send_header("icy-metaint", str(TITLE_EVERY_BYTES))
            self.end_headers()
            began, sent = time.monotonic() - BURST_SECONDS, 0
            try:
                while not over.wait(PAUSE_SECONDS):
                    due = int((time.monotonic() - began) * bytes_per_second)
                    while sent + TITLE_EVERY_BYTES <= due:
                        self.wfile.write(looped(sound, sent, TITLE_EVERY_BYTES))
                        self.wfile.write(title_block(sent // len(sound)) if wants_titles else b"")
                        sent += TITLE_EVERY_BYTES
            except OSError:
                pass

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the library
            """Say nothing."""

    with serving(Listener, over=over) as address:
        yield address


def looped(sound: bytes, first: int, count: int) -> bytes:
    """Return `count` bytes of a sound that begins anew where it ends."""
    first %= len(sound)
    return (sound[first : first + count] + sound)[:count]


def title_block(song: int) -> bytes:
    """What plays, as SHOUTcast says it between two pieces of sound."""
    text = f"StreamTitle='An artist - Song {song + 1}';".encode()
    return bytes([-(-len(text) // 16)]) + text.ljust(-(-len(text) // 16) * 16, b"\0")


@contextmanager
def open_broker(folder: Path) -> Generator[Broker]:
    """Start a broker that takes anybody, as the one at home that the pages speak of."""
    if MOSQUITTO is None or shutil.which("openssl") is None:
        pytest.skip("mosquitto or openssl is not installed")
    folder.mkdir()
    broker = make_broker(folder)
    rules = folder / "mosquitto.conf"
    rules.write_text(rules.read_text().replace(LOCKED.format(folder=folder), "allow_anonymous true\n"))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
