from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.capture.open_source import open_source
from streamgenre.capture.pcm_reader import PcmReader
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioFormat
from tests.support.audio_files import random_int16
from tests.support.reading import read_until_over

SAMPLES = random_int16(4000, 2)
DATA = SAMPLES.astype("<i2").tobytes()


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


def drained(source, timeout_seconds=5.0):
    blocks, over = read_until_over(source, timeout_seconds)
    assert isinstance(over, EOFError)
    return blocks


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "audio.fifo"
    os.mkfifo(path)
    return path


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.integers(1, 200), st.integers(0, 3))
def test_samples_cut_anywhere_by_the_pipe_come_whole(cuts, max_samples, ragged_bytes):
    reading, writing = os.pipe()
    reader = PcmReader(reading, AudioFormat(8000, 2), "s16le")
    sent, heard = b"", []
    data = DATA[: sum(cuts) // 4 * 4] + b"x" * ragged_bytes
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        for cut in cuts:
            piece = data[len(sent) : len(sent) + cut]
            sent += piece
            if piece:
                pipe.write(piece)
            if (block := reader.read(max_samples, 0.0)) is not None:
                assert len(block.samples) <= max_samples
                heard.append(block)
        pipe.write(data[len(sent) :])
    try:
        while True:
            if (block := reader.read(max_samples, 1.0)) is not None:
                heard.append(block)
    except EOFError:
        os.close(reading)
    joined = np.concatenate([np.zeros((0, 2)), *[block.samples for block in heard]])
    whole = len(data) // 4
    assert np.array_equal(joined * 32768, np.frombuffer(data, "<i2", whole * 2).reshape(-1, 2))
    assert reader.dropped_bytes == len(data) % 4
    assert [b.first_sample for b in heard] == list(np.cumsum([0, *[len(b.samples) for b in heard]])[:-1])


def test_a_fifo_waits_for_its_writer_and_ends_with_it(fifo):
    source = open_source(f"pcm:{fifo}?rate=8000", paced=False)
    assert source.format == AudioFormat(8000, 2)
    begin = time.monotonic()
    assert source.read(0.05) is None
    assert time.monotonic() - begin >= 0.04
    writer = threading.Thread(target=fifo.write_bytes, args=(DATA + b"odd",))
    writer.start()
    blocks = drained(source)
    writer.join()
    assert np.array_equal(np.concatenate([b.samples for b in blocks]), SAMPLES / np.float32(32768))
    assert source.damage == "3 trailing bytes that are no whole sample dropped"
    with pytest.raises(EOFError):
        source.read(0.0)
    source.close()


def test_a_writer_that_pauses_is_waited_for(fifo):
    source = open_source(f"pcm:{fifo}", paced=False)
    with os.fdopen(os.open(fifo, os.O_RDWR), "wb", buffering=0) as writer:
        writer.write(DATA[:400])
        assert len(source.read(1.0).samples) == 100
        assert source.read(0.02) is None
        writer.write(DATA[400:500])
        block = source.read(1.0)
        assert (block.first_sample, len(block.samples)) == (100, 25)
    source.close()


@pytest.mark.parametrize("pcm_format", ["s16le", "s24le", "s32le", "f32le"])
def test_stdin_of_a_real_process(pcm_format):
    """A pipe into a fresh interpreter that counts what it hears."""
    program = (
        "import sys; from streamgenre.capture.open_source import open_source\n"
        "source, heard = open_source(sys.argv[1], paced=False), 0\n"
        "try:\n"
        "    while True: heard += len(source.read(5).samples)\n"
        "except EOFError: print(heard, source.format.channels, source.live)\n"
    )
    width = {"s16le": 2, "s24le": 3}.get(pcm_format, 4)
    done = subprocess.run(
        [sys.executable, "-c", program, f"-?channels=3&format={pcm_format}"],
        input=bytes(width * 3 * 70_001 + 1),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [b"70001", b"3", b"False"]
    assert done.stderr == b""


def test_a_paced_pipe_is_read_hardly_faster_than_it_sounds(fifo):
    clock = FakeClock()
    source = open_source(f"pcm:{fifo}?rate=1000", clock=clock)
    assert source.live
    writer = threading.Thread(target=fifo.write_bytes, args=(DATA,))
    writer.start()
    heard = 0
    try:
        while True:
            block = source.read(0.02)
            if block is not None:
                heard = block.end_sample
                assert heard <= clock.now * 1000 * 1.001 + 1e-6
    except TransientSourceError:
        writer.join()
    assert heard == 4000
    assert clock.now == pytest.approx(4.0 / 1.001, abs=0.021)
    source.close()


def test_a_fifo_outlives_its_writer_and_waits_for_the_next(fifo):
    text = f"pcm:{fifo}?rate=384000&channels=2"
    source = open_source(text)
    assert not source.reopens
    writer = os.open(fifo, os.O_WRONLY)
    os.write(writer, DATA[:403])
    os.close(writer)
    blocks, over = read_until_over(source)
    assert sum(len(block.samples) for block in blocks) == 100
    assert isinstance(over, TransientSourceError)
    assert str(over).endswith("audio.fifo went away within a sample, of which 3 bytes came")
    assert "3 trailing bytes" in source.damage
    with pytest.raises(TransientSourceError):
        source.read(0.0)
    source.close()
    source = open_source(text)
    for _ in range(3):
        assert source.read(0.01) is None
    writer = os.open(fifo, os.O_WRONLY)
    os.write(writer, DATA[403 // 4 * 4 :][:400])
    block = source.read(5.0)
    assert np.array_equal(block.samples, SAMPLES[100:200] / np.float32(32768))
    os.close(writer)
    source.close()


def test_waiting_for_a_writer_takes_no_time_of_the_processor(fifo):
    with closing(open_source(f"pcm:{fifo}")) as source:
        begin = time.process_time()
        assert source.read(0.5) is None
        assert time.process_time() - begin < 0.25


def test_a_writer_that_comes_and_goes_without_a_word_is_told_once(fifo):
    with closing(open_source(f"pcm:{fifo}")) as source:
        os.close(os.open(fifo, os.O_WRONLY))
        with pytest.raises(TransientSourceError, match=r"went away$"):
            source.read(5.0)


@pytest.mark.parametrize("pcm_format", ["s16le", "s24le", "s32le", "f32le"])
@pytest.mark.parametrize(("rate_hz", "channels"), [(192_000, 8), (384_000, 1), (1000, 64)])
def test_any_rate_and_channel_count_comes_whole(fifo, pcm_format, rate_hz, channels):
    wide = random_int16(1000, channels).astype(np.int32)
    data = {
        "s16le": wide.astype("<i2").tobytes(),
        "s24le": (wide << 16).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes(),
        "s32le": (wide << 16).astype("<i4").tobytes(),
        "f32le": (wide / np.float32(32768)).astype("<f4").tobytes(),
    }[pcm_format]
    source = open_source(f"pcm:{fifo}?rate={rate_hz}&channels={channels}&format={pcm_format}", paced=False)
    writer = threading.Thread(target=fifo.write_bytes, args=(data,))
    writer.start()
    heard = np.concatenate([block.samples for block in drained(source)])
    writer.join()
    assert source.format == AudioFormat(rate_hz, channels)
    assert np.array_equal(heard * 32768, wide)
    source.close()


def test_what_waits_in_the_pipe_is_backlog_only_once_it_is_due(fifo):
    clock = FakeClock()
    source = open_source(f"pcm:{fifo}?rate=1000", clock=clock)
    assert source.backlog_seconds == 0.0
    writer = os.open(fifo, os.O_RDWR)
    os.write(writer, DATA)
    assert len(source.read(1.0).samples) == 50
    assert source.backlog_seconds == pytest.approx(0.0, abs=0.001)
    clock.now += 1.0
    assert source.backlog_seconds == pytest.approx(1.0, abs=0.01)
    clock.now += 60.0
    assert source.backlog_seconds == pytest.approx(3.95)
    os.close(writer)
    source.close()
    assert source.backlog_seconds == 0.0


def test_the_pipe_is_enlarged(fifo):
    with closing(open_source(f"pcm:{fifo}")) as source:
        assert fcntl.fcntl(source._descriptor, fcntl.F_GETPIPE_SZ) >= 65536
        writer = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        held = os.write(writer, bytes(1 << 21))
        assert held == fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
        os.close(writer)


def test_a_pipe_that_may_not_be_enlarged_does_as_it_is(fifo, monkeypatch):
    def refuse(_descriptor: int, command: int, *_: object) -> int:
        if command == fcntl.F_SETPIPE_SZ:
            raise PermissionError(errno.EPERM, "not permitted")
        return 4096

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    with closing(open_source(f"pcm:{fifo}")) as source:
        assert source.live


def test_a_regular_file_of_raw_samples_is_paced_and_not_live(tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(DATA)
    clock = FakeClock()
    source = open_source(f"pcm:{path}?rate=1000", clock=clock)
    assert not source.live
    assert sum(len(b.samples) for b in drained(source, 0.5)) == 4000
    assert clock.now == pytest.approx(4.0)
    source.close()


def test_an_empty_file_ends_at_once(tmp_path):
    path = tmp_path / "a.raw"
    path.touch()
    assert drained(open_source(f"pcm:{path}")) == []


@pytest.mark.parametrize(("where", "words"), [("missing", "no such file"), ("", "folder")])
def test_what_cannot_be_opened_says_why(tmp_path, where, words):
    with pytest.raises(PermanentSourceError, match=words):
        open_source(f"pcm:{tmp_path / where}")


def test_a_terminal_or_closed_stdin_is_refused():
    program = (
        "import os, pty, sys; from streamgenre.capture.open_source import open_source\n"
        "from streamgenre.errors import PermanentSourceError\n"
        "for stdin in (pty.openpty()[1], None):\n"
        "    os.close(0) if stdin is None else os.dup2(stdin, 0)\n"
        "    try: open_source('-')\n"
        "    except PermanentSourceError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "stdin is a terminal" in done.stdout
    assert "stdin is closed" in done.stdout


def test_closing_twice_is_harmless_and_leaves_stdin_open(fifo):
    source = open_source(f"pcm:{fifo}")
    source.close()
    source.close()
    with pytest.raises(ValueError, match="closed"):
        source.read(0.0)
    stdin = os.fstat(0)
    assert stdin is not None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("os.dup2(os.open('/dev/null', os.O_WRONLY), 0)", "stdin is not open for reading"),
        ("os.dup2(os.open('/', os.O_RDONLY), 0)", "stdin is a folder"),
    ],
)
def test_a_stdin_that_cannot_be_read_is_refused_for_good(how, words):
    program = (
        f"import os; {how}\n"
        "from streamgenre.capture.open_source import open_source\n"
        "from streamgenre.errors import PermanentSourceError\n"
        "try: open_source('-')\n"
        "except PermanentSourceError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert words in done.stdout


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EBADF, PermanentSourceError),
        (errno.EISDIR, PermanentSourceError),
        (errno.EIO, TransientSourceError),
    ],
)
def test_a_read_that_fails_is_tried_again_only_where_that_can_help(fifo, monkeypatch, number, kind):
    def fail(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    with closing(open_source(f"pcm:{fifo}")) as source:
        writer = os.open(fifo, os.O_RDWR)
        os.write(writer, DATA[:4])
        monkeypatch.setattr(os, "read", fail)
        with pytest.raises(kind, match=f"reading .*fifo failed: {os.strerror(number)}"):
            source.read(1.0)
        os.close(writer)


def test_a_file_that_breaks_is_not_heard_again_from_its_start(tmp_path, monkeypatch):
    path = tmp_path / "a.raw"
    path.write_bytes(DATA)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with closing(open_source(f"pcm:{path}", paced=False)) as source:
        monkeypatch.setattr(os, "read", fail)
        with pytest.raises(PermanentSourceError, match="Input/output error"):
            source.read(1.0)
