"""What a stranger's bytes may cost: memory, files, descriptors and time have bounds, however they lie."""

from __future__ import annotations

import io
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.decoders.decoder_pool import DecoderPool
from streamgenre.capture.decoders.decoder_process import MEMORY_BYTES, OPEN_FILES
from streamgenre.capture.decoders.decoder_records import (
    MOST_SAMPLES_BYTES,
    MOST_WORDS_BYTES,
    Damaged,
    Decoded,
    Failed,
    GarbledRecordError,
    Opened,
    Titled,
    read_record,
)
from streamgenre.capture.decoders.stream_receiver import StreamReceiver
from streamgenre.capture.media import MOST_BYTES_AT_ONCE, decode
from streamgenre.capture.stations.station import MOST_ADDRESSES
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from tests.support.live_station import live_station
from tests.support.local_http import raw_server
from tests.support.media_samples import KINDS, written

PATIENCE_SECONDS = 60.0
SAMPLES = {kind.name: kind for kind in KINDS}
MEASURED = """
import sys
from pathlib import Path
from streamgenre.capture.stations.station import MOST_ADDRESSES
from streamgenre.capture.media import decode
from streamgenre.errors import PermanentSourceError
for name in sys.argv[1:]:
    try:
        print(name, sum(len(block.samples) for block in decode(Path(name))))
    except PermanentSourceError as refusal:
        print(name, refusal)
status = Path("/proc/self/status").read_text()  # getrusage() tells the most of who started us, too
print(status.partition("VmHWM:")[2].split()[0])
"""


@pytest.fixture
def pool():
    made = DecoderPool(group_streams=4, idle_seconds=0.2)
    yield made
    made.end()


def child(program: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def of_process(receiver: StreamReceiver, key: str) -> str:
    status = Path(f"/proc/{receiver.process_id}/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith(key))


def answered(head: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode()


def refused(pool: DecoderPool, url: str) -> SourceError:
    with closing(StreamReceiver(url, pool)) as receiver, pytest.raises(SourceError) as refusal:
        receiver.wait_until_open()
    return refusal.value


def test_a_decoder_process_is_bounded_and_gains_no_rights(pool):
    with live_station() as station, closing(StreamReceiver(f"{station}/0", pool)) as receiver:
        receiver.wait_until_open()
        lines = Path(f"/proc/{receiver.process_id}/limits").read_text().splitlines()
        limits = {line[:25].strip(): line[25:].split()[:2] for line in lines}
        assert limits["Max file size"] == limits["Max core file size"] == ["0", "0"]
        assert int(limits["Max data size"][1]) <= MEMORY_BYTES
        assert int(limits["Max open files"][1]) <= OPEN_FILES
        assert of_process(receiver, "NoNewPrivs") == "1"


def test_what_a_limited_process_may_not_do(tmp_path):
    child(
        """
import os, sys
from streamgenre.capture.decoders.decoder_process import MEMORY_BYTES, limit_resources
limit_resources()
try:
    bytes(MEMORY_BYTES)
except MemoryError:
    pass
else:
    raise SystemExit("it had the memory")
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open(sys.argv[1], "wb", buffering=0) as file:
        file.write(b"sound")
except OSError:
    pass
else:
    raise SystemExit("it wrote")
try:
    held = [os.dup(0) for _ in range(100_000)]
except OSError:
    pass
else:
    raise SystemExit("it had the descriptors")
""",
        tmp_path / "sound",
    )
    assert (tmp_path / "sound").stat().st_size == 0


def process_of_opened(pool: DecoderPool, url: str) -> int:
    """As a session would: what fails is tried again."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        with closing(StreamReceiver(url, pool)) as receiver:
            try:
                receiver.wait_until_open()
            except TransientSourceError:
                assert time.monotonic() < give_up
            else:
                return receiver.process_id
        time.sleep(0.05)


def test_one_without_memory_ends_with_its_group_alone(pool):
    """The limit is drawn so tight that it cannot go on; what it decoded is decoded again by another."""
    other = DecoderPool(group_streams=1, idle_seconds=0.2)
    with (
        live_station() as station,
        closing(StreamReceiver(f"{station}/0", pool)) as doomed,
        closing(StreamReceiver(f"{station}/1", other)) as unharmed,
    ):
        doomed.wait_until_open()
        unharmed.wait_until_open()
        resource.prlimit(doomed.process_id, resource.RLIMIT_DATA, (1 << 20, MEMORY_BYTES))
        refused(pool, f"{station}/2")
        assert process_of_opened(pool, f"{station}/3") != doomed.process_id
        assert unharmed.read(800, PATIENCE_SECONDS) is not None
    other.end()


def liars() -> dict[str, bytes]:
    """Small files whose headers declare as much as their fields can hold."""
    wav, flac, mp3, m4a = (written(SAMPLES[name]) for name in ("wav", "flac", "mp3", "m4a"))
    sizes, times = m4a.index(b"stsz") + 8, m4a.index(b"stts") + 8
    information = b"LIST" + struct.pack("<I", 0x7FFF_FFF0) + b"INFOINAM" + struct.pack("<I", 0x7FFF_FF00)
    picture = b"\x06\xff\xff\xff" + struct.pack(">II", 3, 0xFFFF_FFF0)
    return {
        "information.wav": wav[:36] + information + bytes(1000),
        "format.wav": wav[:16] + struct.pack("<I", 0xFFFF_FFF0) + wav[20:],
        "picture.flac": flac[:4] + b"\0" + flac[5:42] + picture + flac[42:],
        "comment.flac": flac[:4] + b"\0" + flac[5:42] + b"\x04\xff\xff\xff\xf0\xff\xff\xff" + flac[42:],
        "tag.mp3": b"ID3\x03\0\0\x7f\x7f\x7f\x7fAPIC" + struct.pack(">IH", 0x0FFF_FFFF, 0) + mp3,
        "sizes.m4a": m4a[:sizes] + struct.pack(">II", 0, 0x0FFF_FFFF) + m4a[sizes + 8 :],
        "times.m4a": m4a[:times] + struct.pack(">III", 0x0FFF_FFF0, 0x7FFF_FFFF, 1) + m4a[times + 12 :],
    }


def test_a_header_that_declares_gigabytes_is_given_none(tmp_path):
    names = [tmp_path / name for name in liars()]
    for name, content in zip(names, liars().values(), strict=True):
        name.write_bytes(content)
    *told, peak_kilobytes = child(MEASURED, *names).splitlines()
    assert len(told) == len(names)
    assert int(peak_kilobytes) << 10 < MOST_BYTES_AT_ONCE + (200 << 20)


@pytest.mark.parametrize(
    "content",
    [
        "ffconcat version 1.0\nfile list.mp3\n",
        "ffconcat version 1.0\nfile pipe.wav\n",
        "ffconcat version 1.0\nfile other.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nother.wav\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 45678 RTP/AVP 0\n",
    ],
)
@pytest.mark.parametrize("name", ["list.mp3", "list.ffconcat", "list.sdp", "list.hls"])
def test_a_file_that_names_others_is_no_sound(tmp_path, name, content):
    """One that named itself took every descriptor there was, and one that named a pipe waited for ever."""
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "other.wav").write_bytes(written(SAMPLES["wav"]))
    (tmp_path / name).write_text(content.replace("list.mp3", name))
    with pytest.raises(PermanentSourceError, match="is not audio"):
        list(decode(tmp_path / name))


def test_endless_headers_are_given_up(pool):
    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: " + b"x" * 4000 + b"\r\n")

    with raw_server(answer) as server:
        assert isinstance(refused(pool, server.address), TransientSourceError)


def test_a_playlist_that_names_itself_often_ends(pool):
    def answer(connection: socket.socket, _: str) -> None:
        names = "".join(f"/{i}.m3u\n" for i in range(50))
        connection.sendall(answered("Content-Type: audio/x-mpegurl") + f"#EXTM3U\n{names}".encode())

    with raw_server(answer) as server:
        refusal = refused(pool, f"{server.address}/list.m3u")
        assert "more than 3 deep" in str(refusal)
        assert len(server.requests) <= MOST_ADDRESSES


def test_a_list_of_segments_without_end_is_bounded(pool):
    """FFmpeg asks for it again by itself, and may then be told something else than we were."""
    head = answered("Content-Type: application/vnd.apple.mpegurl") + b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n"

    def answer(connection: socket.socket, _: str) -> None:
        first = not second.is_set()
        second.set()
        connection.sendall(head)
        while not first:
            connection.sendall(b"#EXTINF:2,\nsegment.ts\n" * 50_000)
            time.sleep(0.05)

    second = threading.Event()
    with raw_server(answer) as server, closing(StreamReceiver(f"{server.address}/a.m3u8", pool)) as receiver:
        with pytest.raises(SourceError):
            receiver.wait_until_open()
        assert len(server.requests) >= 2


def test_a_master_playlist_that_is_its_own_variant_ends(pool):
    def answer(connection: socket.socket, _: str) -> None:
        variant = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"
        connection.sendall(answered("Content-Type: application/vnd.apple.mpegurl") + variant)

    with raw_server(answer) as server:
        refused(pool, f"{server.address}/a.m3u8")
        assert server.requests


def record(kind: bytes, payload: bytes, length: int | None = None) -> bytes:
    return struct.pack("<cI", kind, len(payload) if length is None else length) + payload


@pytest.mark.parametrize(
    "sent",
    [
        record(b"D", b"", MOST_SAMPLES_BYTES + 1),
        record(b"T", b"", MOST_WORDS_BYTES + 1),
        record(b"D", b"\0\0" + bytes(8)),
        record(b"D", b"\x03\0" + bytes(8)),
        record(b"D", b"\1"),
        record(b"?", b"[]"),
        record(b"T", b"{}"),
        record(b"T", b"[" * 100_000),
        record(b"T", b"[1]"),
        record(b"T", b"\xff"),
        record(b"O", b'[0, 2, "x", false]'),
        record(b"O", b'[48000, 100000, "x", false]'),
        record(b"O", b'[1e9, 2, "x", false]'),
        record(b"F", b'["x"]'),
        record(b"E", b"[1]"),
    ],
)
def test_a_decoder_that_speaks_nonsense_is_not_believed(sent):
    with pytest.raises(GarbledRecordError):
        read_record(io.BytesIO(sent))


@given(st.binary(max_size=60), st.sampled_from([b"D", b"O", b"T", b"X", b"E", b"F", b""]))
def test_any_bytes_are_a_record_or_nonsense(payload, kind):
    try:
        found = read_record(io.BytesIO(record(kind, payload) if kind else payload))
    except GarbledRecordError:
        return
    assert found is None or not isinstance(found, Decoded) or found.samples.shape[1] > 0


def test_words_of_a_decoder_are_bounded_and_printable():
    nasty = "\\u001b[2J\\u202eabc\\u009b" + "x" * 5000
    titled = read_record(io.BytesIO(record(b"T", f'["{nasty}"]'.encode())))
    failed = read_record(io.BytesIO(record(b"F", f'["{nasty}", true]'.encode())))
    damaged = read_record(io.BytesIO(record(b"X", f'["{nasty}"]'.encode())))
    opened = read_record(io.BytesIO(record(b"O", f'[48000, 2, "{nasty}", true, "{nasty}"]'.encode())))
    assert isinstance(titled, Titled)
    assert isinstance(failed, Failed)
    assert isinstance(damaged, Damaged)
    assert isinstance(opened, Opened)
    for text in (titled.title, failed.message, damaged.damage, opened.title, opened.codec):
        assert text is not None
        assert text.isprintable()
        assert len(text) <= 1000


class _Impostor:
    """A decoder that is somebody else by now."""

    process_id = 0

    def __init__(self, said: bytes) -> None:
        self.pipe = io.BytesIO(said)
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def ended(self) -> None:
        self.pipe.close()


@pytest.mark.parametrize(
    "said",
    [b"\xff" * 100, record(b"D", b"\1\0" + bytes(4)), record(b"O", b"[1]")],
    ids=["noise", "early", "short"],
)
def test_a_receiver_lets_go_of_an_impostor(said):
    impostor = _Impostor(said)

    class Pool:
        def open(self, _: str) -> _Impostor:
            return impostor

    with (
        closing(StreamReceiver("http://host/x", Pool())) as receiver,
        pytest.raises(TransientSourceError, match="nonsense"),
    ):
        receiver.wait_until_open()
    assert impostor.closed
