from __future__ import annotations

import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.stations import http, station
from streamgenre.capture.stations.stream_decoder import StreamDecoder
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support.audio_files import loudest_hz, random_int16, write_encoded, write_flac, write_wav
from tests.support.local_http import (
    broken_download,
    file_server,
    fixed_answer,
    raw_server,
    self_signed,
    silent_server,
    tls_file_server,
    trickling_server,
)
from tests.support.ogg_flac import write_ogg_flac
from tests.support.sounds import tone

RATE_HZ = 48_000
LINK_SECONDS = 30
"""More than a decoder reads before it has opened."""
STATION = b"HTTP/1.0 200 OK\r\nicy-name: x\r\nContent-Type: "


def station_of(kind: str, body: bytes, *more: bytes) -> bytes:
    return STATION + b"\r\n".join([kind.encode(), *more]) + b"\r\n\r\n" + body


def encoded(
    folder: Path, kind: str, seconds: float = 3.0, hertz: float = 440, channels: int = 1, **tags
) -> bytes:
    sound = np.repeat(tone(seconds, RATE_HZ, hertz), channels, axis=1)
    write = write_ogg_flac if kind == "oga" else write_encoded
    return write(folder / f"s.{kind}", sound, RATE_HZ, tags).read_bytes()


def with_titles(audio: bytes, interval: int, titles: dict[int, str]) -> bytes:
    """Put ICY blocks in; `titles` by the number of the block."""
    sent = b""
    for number, at in enumerate(range(0, len(audio), interval)):
        fields = f"StreamTitle='{titles[number]}';".encode() if number in titles else b""
        fields += bytes(-len(fields) % 16)
        sent += audio[at : at + interval] + bytes([len(fields) // 16]) + fields
    return sent


def heard(decoder: StreamDecoder) -> tuple[np.ndarray, list[str | None], SourceError | None]:
    """All sound, all titles in turn, and how it ended."""
    blocks, titles, over = [], [decoder.title], None
    try:
        for block in decoder.blocks():
            blocks.append(block.samples[:, 0])
            if decoder.title != titles[-1]:
                titles.append(decoder.title)
    except SourceError as error:
        over = error
    return np.concatenate(blocks), titles, over


def test_an_icy_station_gives_its_sound_and_its_titles(tmp_path):
    audio = encoded(tmp_path, "mp3", 60)
    sent = with_titles(audio, 8192, {0: "One", 20: "Zwö", 40: ""})
    answer = station_of("audio/mpeg", sent, b"icy-metaint: 8192")
    with fixed_answer(answer) as server, closing(StreamDecoder(server.address)) as decoder:
        assert decoder.finite is False
        assert decoder.format == AudioFormat(RATE_HZ, 1)
        sound, titles, over = heard(decoder)
    assert titles[-3:] == ["One", "Zwö", None]
    assert len(sound) == pytest.approx(60 * RATE_HZ, abs=4800)
    assert loudest_hz(sound[-2 * RATE_HZ : -RATE_HZ], RATE_HZ) == pytest.approx(440, abs=2)
    assert isinstance(over, TransientSourceError)
    assert "the server ended the stream" in str(over)


@pytest.mark.parametrize("kind", ["ogg", "opus", "oga"])
def test_links_of_an_ogg_station_go_on_with_their_titles(tmp_path, kind):
    one, two = (encoded(tmp_path, kind, LINK_SECONDS, artist="A", title=title) for title in ("One", "Two"))
    assert len(one) > 50_000
    with (
        fixed_answer(station_of("application/ogg", one + two)) as server,
        closing(StreamDecoder(server.address)) as decoder,
    ):
        sound, titles, over = heard(decoder)
        assert decoder.damage is None
    assert titles == ["A - One", "A - Two"]
    assert len(sound) == pytest.approx(2 * LINK_SECONDS * RATE_HZ, abs=4800)
    assert "ended the stream" in str(over)


def test_a_link_without_a_title_has_none(tmp_path):
    one, two = encoded(tmp_path, "ogg", LINK_SECONDS, title="One"), encoded(tmp_path, "ogg", LINK_SECONDS)
    with (
        fixed_answer(station_of("application/ogg", one + two)) as server,
        closing(StreamDecoder(server.address)) as decoder,
    ):
        assert heard(decoder)[1] == ["One", None]


def test_a_link_in_another_format_asks_to_be_opened_again(tmp_path):
    one, two = encoded(tmp_path, "ogg", 8, channels=2), encoded(tmp_path, "ogg", 8, channels=1)
    with (
        fixed_answer(station_of("application/ogg", one + two)) as server,
        closing(StreamDecoder(server.address)) as decoder,
    ):
        sound, _, over = heard(decoder)
    assert isinstance(over, TransientSourceError)
    assert len(sound) == pytest.approx(8 * RATE_HZ, abs=4800)


@pytest.mark.parametrize("kind", ["mp3", "aac"])
def test_joining_in_the_middle_of_a_frame_is_nothing_special(tmp_path, kind):
    body = encoded(tmp_path, kind, 6)[12_345:]
    with (
        fixed_answer(station_of(f"audio/{kind}".replace("mp3", "mpeg"), body)) as server,
        closing(StreamDecoder(server.address)) as decoder,
    ):
        sound = heard(decoder)[0]
    assert loudest_hz(sound[-2 * RATE_HZ : -RATE_HZ], RATE_HZ) == pytest.approx(440, abs=2)


def test_garbage_in_a_station_is_passed_over_and_told(tmp_path):
    audio = encoded(tmp_path, "mp3", 10)
    middle = len(audio) // 2
    body = audio[:middle] + np.random.default_rng(5).bytes(20_000) + audio[middle:]
    with (
        fixed_answer(station_of("audio/mpeg", body)) as server,
        closing(StreamDecoder(server.address)) as decoder,
    ):
        sound, _, over = heard(decoder)
        damage = decoder.damage
    assert isinstance(over, TransientSourceError)
    if "ended the stream" in str(over):  # else a frame of noise had another rate
        assert len(sound) > 9 * RATE_HZ
        assert "damaged packet" in (damage or "")


@pytest.mark.parametrize("interval", [b"x", b"-1", b"99999999999", b"777"])
def test_an_interval_that_is_a_lie_costs_nothing(tmp_path, interval):
    answer = station_of("audio/mpeg", encoded(tmp_path, "mp3", 5), b"icy-metaint: " + interval)
    with fixed_answer(answer) as server, closing(StreamDecoder(server.address)) as decoder:
        sound, titles, _ = heard(decoder)
        told = "declares titles" in (decoder.damage or "")
    assert len(sound) == pytest.approx(5 * RATE_HZ, abs=4800)
    assert titles == [None]
    assert told is (interval == b"777")


def test_files_on_a_server_play_to_their_end(tmp_path):
    samples = random_int16(20_000, 2)
    write_wav(tmp_path / "a.wav", samples, 8000)
    write_encoded(tmp_path / "a.m4a", tone(2, RATE_HZ, 440), RATE_HZ, {"title": "T"})
    with file_server(tmp_path) as address:
        with closing(StreamDecoder(f"{address}/a.wav")) as decoder:
            assert decoder.finite is True
            sound, _, over = heard(decoder)
            assert over is None
            assert np.array_equal(sound, samples[:, 0] / np.float32(32768))
        with closing(StreamDecoder(f"{address}/a.m4a")) as decoder:
            assert decoder.title == "T"
            assert heard(decoder)[2] is None


def test_a_file_without_a_declared_size_plays_to_its_end_or_breaks_for_good(tmp_path):
    data = write_flac(tmp_path / "a.flac", random_int16(80_000, 1), 8000).read_bytes()
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(data), data)
    with fixed_answer(chunked + b"0\r\n\r\n") as server, closing(StreamDecoder(server.address)) as decoder:
        assert decoder.finite is True
        sound, _, over = heard(decoder)
        assert over is None
        assert len(sound) == 80_000
    with fixed_answer(chunked[:100_000]) as server, closing(StreamDecoder(server.address)) as decoder:
        sound, _, over = heard(decoder)
    assert isinstance(over, PermanentSourceError)
    assert f"the download of {server.address} broke off after" in str(over)


def test_a_broken_download_is_not_begun_again(tmp_path):
    data = write_wav(tmp_path / "a.wav", random_int16(80_000, 1), 8000).read_bytes()
    with (
        broken_download(data, len(data) // 2) as address,
        closing(StreamDecoder(f"{address}/a.wav")) as decoder,
    ):
        over = heard(decoder)[2]
    assert isinstance(over, PermanentSourceError)


def test_playlists_lead_to_the_first_station_that_plays(tmp_path):
    write_encoded(tmp_path / "s.mp3", tone(2, RATE_HZ, 440), RATE_HZ)
    (tmp_path / "not.mp3").write_text("words " * 1000)
    (tmp_path / "a.pls").write_text(
        "[playlist]\nFile1=http://127.0.0.1:1/x\nFile2=not.mp3\nFile3=missing.mp3\nFile4=s.mp3\n"
    )
    (tmp_path / "b.m3u").write_text("#EXTM3U\n/a.pls\n")
    (tmp_path / "loop.m3u").write_text("loop.m3u\n")
    (tmp_path / "dead.m3u").write_text("missing.mp3\nhttp://127.0.0.1:1/x\n")
    (tmp_path / "file.m3u").write_text(f"file://{tmp_path}/s.mp3\n")
    (tmp_path / "long.m3u").write_text("# long\n" * 100_000)
    with file_server(tmp_path) as address:
        with closing(StreamDecoder(f"{address}/b.m3u")) as decoder:
            assert len(heard(decoder)[0]) == pytest.approx(2 * RATE_HZ, abs=4800)
        for name, kind, reason in (
            ("loop", PermanentSourceError, "more than 3 deep"),
            ("dead", TransientSourceError, "connection refused"),
            ("file", PermanentSourceError, "names file:///"),
            ("long", PermanentSourceError, "longer than a playlist"),
        ):
            with pytest.raises(kind, match=reason):
                StreamDecoder(f"{address}/{name}.m3u")


SDP = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 45678 RTP/AVP 0\r\n"


@pytest.mark.parametrize("body", [b"ffconcat version 1.0\nfile secret.flac\n" * 200, SDP])
def test_what_a_station_sends_opens_no_file_and_no_port_of_this_machine(tmp_path, monkeypatch, body):
    write_flac(tmp_path / "secret.flac", random_int16(48_000, 2), RATE_HZ)
    monkeypatch.chdir(tmp_path)
    with fixed_answer(station_of("audio/mpeg", body)) as server, pytest.raises(SourceError) as refusal:
        heard(StreamDecoder(server.address))
    assert "sent nothing" not in str(refusal.value)


def test_a_redirect_on_the_same_server_keeps_the_password_for_files_too(tmp_path):
    sound = write_flac(tmp_path / "a.flac", random_int16(48_000, 2), RATE_HZ).read_bytes()

    def answer(connection: socket.socket, request: str) -> None:
        if "basic dxnlcjpwdw==" not in request.lower():
            refusal = b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n"
            connection.sendall(refusal + b"Connection: close\r\n\r\n")
        elif request.startswith("GET /old"):
            connection.sendall(b"HTTP/1.1 302 Moved\r\nLocation: /new.flac\r\nContent-Length: 0\r\n\r\n")
        else:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: audio/flac\r\nContent-Length: {len(sound)}\r\n\r\n"
            connection.sendall(head.encode() + sound)

    with raw_server(answer) as server:
        address = server.address.replace("http://", "http://user:pw@") + "/old.flac"
        with closing(StreamDecoder(address)) as decoder:
            assert len(heard(decoder)[0]) == 48_000


def test_a_page_is_no_station(tmp_path):
    (tmp_path / "page.html").write_text("<!doctype html>" + "<p>Not a station.</p>" * 500)
    with file_server(tmp_path) as address, pytest.raises(PermanentSourceError, match="not audio"):
        StreamDecoder(f"{address}/page.html")


@pytest.mark.parametrize("content_type", ["audio/mpeg", "audio/aac", "application/ogg"])
def test_a_station_of_noise_is_given_up(monkeypatch, content_type):
    monkeypatch.setattr(station, "OPENING_SECONDS", 2.0)
    noise = np.random.default_rng(1).bytes(3_000_000)
    with (
        fixed_answer(station_of(content_type, noise)) as server,
        pytest.raises(TransientSourceError),
        closing(StreamDecoder(server.address)) as decoder,
    ):
        list(decoder.blocks())


def test_a_station_that_trickles_is_given_up(monkeypatch):
    monkeypatch.setattr(station, "OPENING_SECONDS", 0.5)
    with (
        trickling_server(station_of("audio/mpeg", b""), b"x", 0.05) as server,
        pytest.raises(TransientSourceError, match="no audio came within"),
    ):
        StreamDecoder(server.address)


def test_a_stall_gives_all_that_came_before(tmp_path, monkeypatch):
    monkeypatch.setattr(http, "_TIMEOUTS", http.httpx.Timeout(2.0))
    with (
        silent_server(station_of("audio/mpeg", encoded(tmp_path, "mp3", 5))) as address,
        closing(StreamDecoder(address)) as decoder,
    ):
        sound, _, over = heard(decoder)
    assert isinstance(over, TransientSourceError)
    assert "sent nothing for 3 s" in str(over)
    assert len(sound) == pytest.approx(5 * RATE_HZ, abs=4800)


def test_closing_from_another_thread_ends_a_station_that_hangs(tmp_path):
    with silent_server(station_of("audio/mpeg", encoded(tmp_path, "mp3", 2))) as address:
        decoder = StreamDecoder(address)
        ended = threading.Event()

        def listen() -> None:
            for _ in decoder.blocks():
                pass
            ended.set()  # without an error

        threading.Thread(target=listen, daemon=True).start()
        began = time.monotonic()
        decoder.close()
        assert time.monotonic() - began < 1.0
        assert ended.wait(2.0)
        decoder.close()


def test_files_over_tls_are_checked_by_the_decoder_too(tmp_path, monkeypatch):
    certificate = self_signed(tmp_path)
    write_wav(tmp_path / "a.wav", random_int16(8000, 1), 8000)
    with tls_file_server(tmp_path, certificate) as address:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(PermanentSourceError, match="not trusted"):
            StreamDecoder(f"{address}/a.wav")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with closing(StreamDecoder(f"{address}/a.wav")) as decoder:
            assert len(heard(decoder)[0]) == 8000


def test_the_death_of_a_live_playlist_is_a_break_and_it_plays_no_faster_than_it_sounds(tmp_path):
    write_encoded(tmp_path / "s.mp3", tone(1, 44_100, 440), 44_100)
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    (tmp_path / "a.m3u8").write_text(head + "".join(f"#EXTINF:1.0,\ns.mp3?{i}\n" for i in range(3)))
    with file_server(tmp_path) as address:
        decoder = StreamDecoder(f"{address}/a.m3u8")
        assert decoder.finite is False
    began = time.monotonic()
    sound, _, over = heard(decoder)
    decoder.close()
    assert isinstance(over, TransientSourceError)
    assert time.monotonic() - began > 0.9 * len(sound) / 44_100


def test_an_old_shoutcast_plays(tmp_path):
    audio = encoded(tmp_path, "mp3", 3)
    head = b"ICY 200 OK\r\nicy-notice1:<BR>x<BR>\r\nicy-metaint:1000\r\ncontent-type:audio/mpeg\r\n\r\n"

    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(head + with_titles(audio, 1000, {2: "Old"}))

    with raw_server(answer) as server, closing(StreamDecoder(server.address)) as decoder:
        sound = heard(decoder)[0]
        assert decoder.title == "Old"
    assert len(sound) == pytest.approx(3 * RATE_HZ, abs=4800)
