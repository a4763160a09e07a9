"""The fault lab on real servers and pipes: what a station or a writer can do to us, and the way back."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from streamgenre.errors import PermanentSourceError
from streamgenre.messages import Diagnostics, SourceChange, State
from tests.support.audio_files import write_wav
from tests.support.following import Following
from tests.support.icecast import ENCODINGS, FFMPEG, Icecast, icecast
from tests.support.sounds import as_int16, tune

__all__ = ["icecast"]
pytestmark = pytest.mark.system
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    return write_wav(tmp_path_factory.mktemp("sound") / "song.wav", tune(30, 44_100, channels=2), 44_100)


@pytest.fixture(scope="module")
def mp3(song) -> bytes:
    """Thirty seconds at 128 kbit/s."""
    target = song.with_suffix(".mp3")
    command = [str(FFMPEG), "-nostdin", "-loglevel", "error", "-i", str(song), *ENCODINGS["mp3"][:4]]
    subprocess.run([*command, str(target)], check=True)
    return target.read_bytes()


def test_a_studio_that_goes_off_the_air_and_comes_back(icecast: Icecast, song):
    icecast.feed("mp3", song)
    with Following(icecast.url("mp3")) as station:
        station.until_state("online")
        station.until_music()
        icecast.stop_feed("mp3")
        station.noticed()
        station.until_state("online", "reconnecting")
        icecast.feed("mp3", song)
        station.until_state("online", "reconnecting", "online")
        station.until_music()
    last = station.of(Diagnostics)[-1]
    assert last.reconnects == 1
    assert last.upstream_gap_seconds > 0.5


def test_a_server_that_hangs_and_goes_on(icecast: Icecast, song):
    icecast.feed("ogg", song)
    with Following(icecast.url("ogg")) as station:
        station.until_music()
        icecast.freeze()
        station.noticed()
        station.until(lambda: station.states[-1] == "reconnecting")
        icecast.thaw()
        station.until(lambda: station.states[-1] == "online")
        station.until_music()
    assert station.of(Diagnostics)[-1].reconnects >= 1


def test_a_server_that_is_killed_and_started_again(icecast: Icecast, song):
    icecast.feed("aac", song)
    with Following(icecast.url("aac")) as station:
        station.until_music()
        icecast.kill()
        station.noticed()
        station.until(lambda: station.states[-1] == "reconnecting")
        icecast.restart()
        icecast.feed("aac", song)
        station.until(lambda: station.states[-1] == "online")
        station.until_music()
    assert station.of(Diagnostics)[-1].reconnects >= 1


HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"


@contextmanager
def radio(answer: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """A server that gives each connection, numbered from 0, to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def accept() -> None:
            number = 0
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection, number), daemon=True).start()
                number += 1

        def serve(connection: socket.socket, number: int) -> None:
            with connection:
                try:
                    connection.recv(65_536)
                    answer(connection, number)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/radio"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


def play(connection: socket.socket, sound: bytes, bytes_a_second: int = 16_000) -> None:
    """Send a second ahead, then as fast as it sounds."""
    connection.sendall(sound[:bytes_a_second])
    for at in range(bytes_a_second, len(sound), bytes_a_second // 10):
        time.sleep(0.1)
        connection.sendall(sound[at : at + bytes_a_second // 10])


@pytest.mark.slow
@needs_ffmpeg
def test_garbage_in_mid_stream_is_passed_over_or_opened_anew(mp3):
    garbage = np.random.default_rng(3).bytes(60_000)

    def answer(connection: socket.socket, _number: int) -> None:
        connection.sendall(HEAD)
        play(connection, mp3[:80_000])
        play(connection, garbage, 60_000)
        play(connection, mp3)

    with radio(answer) as url, Following(url) as station:
        station.until_music(4)
        station.until(lambda: heard_seconds(station) > 20)  # past the garbage, or opened anew
        station.until_music(2)
        assert station.states[-1] == "online"


def heard_seconds(station: Following) -> float:
    states = station.of(State)
    return states[-1].audio_seconds if states else 0.0


@needs_ffmpeg
def test_a_stream_that_changes_its_rate_on_its_way_goes_on_at_the_new_one(mp3, song, tmp_path):
    low = tmp_path / "low.mp3"
    command = [str(FFMPEG), "-nostdin", "-loglevel", "error", "-i", str(song), "-ar", "22050", "-b:a", "128k"]
    subprocess.run([*command, str(low)], check=True)

    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD)
        if number == 0:
            play(connection, mp3[:96_000])
        play(connection, low.read_bytes())

    with radio(answer) as url, Following(url) as station:
        station.until_state("online", "reconnecting", "online")
        station.until_music(2)
    assert "sample rate changed" in station.of(SourceChange)[1].reason


@needs_ffmpeg
def test_a_stream_that_changes_its_channels_on_its_way_goes_on(mp3, song, tmp_path):
    mono = tmp_path / "mono.mp3"
    command = [str(FFMPEG), "-nostdin", "-loglevel", "error", "-i", str(song), "-ac", "1", "-b:a", "128k"]
    subprocess.run([*command, str(mono)], check=True)

    def answer(connection: socket.socket, _number: int) -> None:
        connection.sendall(HEAD)
        play(connection, mp3[:96_000])
        play(connection, mono.read_bytes())

    with radio(answer) as url, Following(url) as station:
        station.until(lambda: heard_seconds(station) > 12)
        station.until_music(2)
        station.until_state("online")
        assert "reconnecting" not in station.states


@needs_ffmpeg
def test_a_station_that_hangs_up_after_every_few_seconds_is_heard_all_the_same(mp3):
    def answer(connection: socket.socket, _number: int) -> None:
        connection.sendall(HEAD)
        play(connection, mp3[:64_000])

    with radio(answer) as url, Following(url) as station:
        station.until_state("online", "reconnecting", "online", "reconnecting", "online")
    assert station.of(Diagnostics)[-1].reconnects >= 2


def test_a_server_that_redirects_for_ever_is_refused():
    def answer(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    with radio(answer) as url, Following(url) as station:
        station.until(lambda: station.failure)
    assert isinstance(station.failure, PermanentSourceError)
    assert "redirect" in str(station.failure)
    assert station.states == ["failed"]


def test_a_server_that_sends_a_byte_a_second_is_never_online():
    def answer(connection: socket.socket, _number: int) -> None:
        for byte in HEAD + bytes(600):
            connection.sendall(bytes([byte]))
            time.sleep(1.0)

    with radio(answer) as url, Following(url) as station:
        station.until_state("reconnecting")
        assert "online" not in station.states


def test_a_server_that_accepts_and_says_nothing_is_tried_again():
    def answer(_connection: socket.socket, _number: int) -> None:
        time.sleep(300)

    with radio(answer) as url, Following(url) as station:
        station.until_state("reconnecting")
    assert "no" in station.of(SourceChange)[0].reason


def test_a_fifo_whose_writer_goes_and_comes_back(tmp_path):
    fifo = tmp_path / "audio.fifo"
    os.mkfifo(fifo)
    sound = as_int16(tune(20, 48_000)).tobytes()

    def write(seconds: float) -> None:
        with fifo.open("wb", buffering=0) as pipe:
            pipe.write(sound[: round(seconds * 96_000)])

    def start(seconds: float) -> threading.Thread:
        thread = threading.Thread(target=write, args=(seconds,), daemon=True)
        thread.start()
        return thread

    with Following(f"pcm:{fifo}?rate=48000&channels=1&format=s16le") as pipe:
        first = start(4.0)
        pipe.until_state("online")
        first.join(60)
        pipe.until_state("online", "reconnecting")
        start(8.0)
        pipe.until_state("online", "reconnecting", "online")
        pipe.until_music()
    assert pipe.of(Diagnostics)[-1].accounts.captured >= 4 * 48_000
