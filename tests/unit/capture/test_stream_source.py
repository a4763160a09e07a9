from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.open_source import open_source
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support.audio_files import random_int16, write_encoded, write_wav
from tests.support.local_http import broken_download, file_server, silent_server, status_server
from tests.support.reading import read_until_over
from tests.support.sounds import tone


def wav_of(seconds: float, rate_hz: int, folder: Path) -> np.ndarray:
    samples = random_int16(round(seconds * rate_hz), 2)
    write_wav(folder / "a.wav", samples, rate_hz)
    return samples / np.float32(32768)


def endless(rate_hz: int) -> bytes:
    """A WAV that claims to go on for hours, and eight seconds of it."""
    header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0" + rate_hz.to_bytes(4, "little")
    header += (rate_hz * 2).to_bytes(4, "little") + b"\x02\0\x10\0data\xff\xff\xff\xff"
    body = (tone(8, rate_hz, 440) * 32767).astype("<i2").tobytes()
    return b"HTTP/1.0 200 OK\r\nContent-Type: audio/wav\r\n\r\n" + header + body


def test_a_file_on_a_server_comes_whole_however_slowly_it_is_read(tmp_path):
    """Much more than the ring holds: it holds the server back and loses nothing."""
    sound = wav_of(25.0, 8000, tmp_path)
    with file_server(tmp_path) as address:
        source = open_source(f"{address}/a.wav", paced=False)
        assert source.format == AudioFormat(8000, 2)
        assert source.live is False
        time.sleep(0.3)
        blocks, over = read_until_over(source)
        source.close()
    assert isinstance(over, EOFError)
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), sound)
    assert source.lost_samples == 0


def test_the_title_is_known_at_once(tmp_path):
    write_encoded(tmp_path / "a.mp3", tone(1, 44_100, 440), 44_100, {"artist": "Ä", "title": "B"})
    with file_server(tmp_path) as address, closing(open_source(f"{address}/a.mp3")) as source:
        assert source.title == "Ä - B"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, PermanentSourceError),
        (403, PermanentSourceError),
        (404, PermanentSourceError),
        (410, PermanentSourceError),
        (500, TransientSourceError),
        (503, TransientSourceError),
    ],
)
def test_the_answer_of_the_server_decides_whether_to_try_again(status, kind):
    with status_server() as address, pytest.raises(kind) as error:
        open_source(f"{address.replace('//', '//me:hush@')}/{status}")
    assert "127.0.0.1" in str(error.value)
    assert "hush" not in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_page_of_text_is_not_audio(tmp_path):
    (tmp_path / "page.html").write_text("<!doctype html>" + "<p>Not a station.</p>" * 500)
    with file_server(tmp_path) as address, pytest.raises(PermanentSourceError, match="audio"):
        open_source(f"{address}/page.html")


def test_nobody_listening_may_change():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientSourceError, match="connection refused"):
        open_source(f"http://127.0.0.1:{port}/x")


def test_a_server_that_accepts_and_never_answers_is_given_up():
    with silent_server() as address, pytest.raises(TransientSourceError, match="sent nothing for 3 s"):
        open_source(f"{address}/x")


def test_a_station_that_stalls_is_given_up():
    with silent_server(endless(8000)) as address:
        source = open_source(f"{address}/x")
        assert source.live is True
        blocks, over = read_until_over(source)
        source.close()
    assert isinstance(over, TransientSourceError)
    assert "sent nothing for 3 s" in str(over)
    assert sum(len(block.samples) for block in blocks) == 64_000


def test_a_local_playlist_cannot_name_files_of_this_machine(tmp_path):
    write_encoded(tmp_path / "private.aac", tone(1, 44_100, 440), 44_100)
    playlist = (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\nfile://{tmp_path}/private.aac\n#EXT-X-ENDLIST\n"
    )
    (tmp_path / "a.m3u8").write_text(playlist)
    with file_server(tmp_path) as address, pytest.raises((PermanentSourceError, TransientSourceError)):
        open_source(f"{address}/a.m3u8")


def test_a_decoder_that_is_killed_is_the_end_of_a_file_on_a_server(tmp_path):
    wav_of(25.0, 8000, tmp_path)
    with file_server(tmp_path) as address, closing(open_source(f"{address}/a.wav", paced=False)) as source:
        os.kill(source.process_id, signal.SIGKILL)
        over = read_until_over(source)[1]
    assert isinstance(over, PermanentSourceError)  # heard again from its start, it would count twice
    assert "ended unexpectedly (Killed)" in str(over)


def test_a_closed_source_is_not_read_and_may_be_closed_again(tmp_path):
    wav_of(25.0, 8000, tmp_path)
    with file_server(tmp_path) as address:
        source = open_source(f"{address}/a.wav")
        for _ in range(2):
            source.close()
        with pytest.raises(ValueError, match="closed"):
            source.read(0.1)
        assert not source._receiver._thread.is_alive()


def test_a_live_playlist_slides_and_its_dead_server_is_a_break(tmp_path):
    write_encoded(tmp_path / "s.mp3", tone(1, 44_100, 440), 44_100)

    def publish(first: int) -> None:
        segments = "".join(f"#EXTINF:1.0,\ns.mp3?{i}\n" for i in range(first, first + 3))
        head = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        (tmp_path / "new").write_text(head + segments)
        (tmp_path / "new").rename(tmp_path / "a.m3u8")

    publish(0)
    heard = 0
    with file_server(tmp_path) as address:
        source = open_source(f"{address}/a.m3u8", paced=False)
        assert source.live is True
        publish(2)
        while heard < 4 * 44_100:
            block = source.read(5.0)
            assert block is not None
            heard = block.end_sample
    over = read_until_over(source)[1]
    source.close()
    assert isinstance(over, TransientSourceError)


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_a_download_that_breaks_gives_what_came_and_is_not_begun_again(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    sound = np.repeat(tone(10, 8000, 440), 2, axis=1)
    if kind == "wav":
        write_wav(path, sound, 8000)
    else:
        write_encoded(path, sound, 8000)
    data = path.read_bytes()
    with broken_download(data, len(data) // 2) as address:
        source = open_source(f"{address}/a.{kind}", paced=False)
        assert source.live is False
        blocks, over = read_until_over(source)
        source.close()
    heard_seconds = sum(len(block.samples) for block in blocks) / 8000
    assert heard_seconds == pytest.approx(5.0, abs=0.5)
    assert isinstance(over, PermanentSourceError)
    assert f"the download of {address}/a.{kind} broke off after {heard_seconds:.1f} s" in str(over)


def test_damage_found_by_the_decoder_is_told(tmp_path):
    path = write_encoded(tmp_path / "a.mp3", tone(10, 44_100, 440), 44_100)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = np.random.default_rng(3).bytes(4000)
    path.write_bytes(data)
    with file_server(tmp_path) as address, closing(open_source(f"{address}/a.mp3", paced=False)) as source:
        assert isinstance(read_until_over(source)[1], EOFError)
        assert "damaged packet" in (source.damage or "")
