"""Lines of JSON that are whole, whatever their reader or disk does, and never hold up who tells them."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.publish.json_lines import JsonLinesPublisher
from streamgenre.publish.line_file import LineFile
from streamgenre.publish.line_queue import LineQueue
from streamgenre.settings import JsonLinesSettings
from tests.support.publishing import payload
from tests.support.reading import wait_until


def lines(path: Path) -> list[dict[str, Any]]:
    """Return every line: each must be whole."""
    text = path.read_text()
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.split("\n") if line]


def numbers(path: Path) -> list[int]:
    return [line["seq"] for line in lines(path)]


def tell(publisher: JsonLinesPublisher, *seqs: int, kind: str = "title", **fields: Any) -> None:
    for seq in seqs:
        publisher.publish(payload(kind=kind, **fields) | {"seq": seq})


def told_of(path: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, without how long it lasted."""
    lines = (record.getMessage().removeprefix(f"lines to {path}: ") for record in caplog.records)
    return [re.sub(r", after \d+ s$", "", line) for line in lines]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "lines.ndjson"


@pytest.fixture
def publisher(path):
    publisher = JsonLinesPublisher(path, retry_seconds=0.05)
    publisher.start()
    yield publisher
    publisher.stop(60.0)


def test_messages_are_written_in_order_as_they_are(publisher, path):
    told = payload(title="Ænima – “Stinkfist”\n\u2028") | {"seq": 1}
    publisher.publish(told)
    tell(publisher, 2, kind="state")
    tell(publisher, 3)
    publisher.stop(60.0)
    assert lines(path)[0] == told
    assert numbers(path) == [1, 2, 3]
    assert stat.S_IMODE(path.stat().st_mode) & ~0o640 == 0


def test_what_is_there_already_is_kept(path):
    path.write_text('{"seq": 0}\n')
    publisher = JsonLinesPublisher(path)
    publisher.start()
    tell(publisher, 1)
    publisher.stop(60.0)
    assert numbers(path) == [0, 1]


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ('{"seq": 0}\n{"schema": 1, "ty', '{"seq": 0}\n'),
        ('{"schem', ""),
        ('{"schema": 1, "seq": 0}', '{"schema": 1, "seq": 0}\n'),
        ("somebody's words", "somebody's words\n"),
    ],
)
def test_a_line_that_a_crash_cut_off_is_taken_away_but_only_one_of_ours(path, found, kept):
    path.write_text(found)
    LineFile(path).write(b'{"seq": 1}\n', 1.0)
    assert path.read_text() == kept + '{"seq": 1}\n'


def test_a_file_that_was_rotated_is_followed(publisher, path):
    tell(publisher, 1)
    wait_until(lambda: publisher.depth == 0)
    old = path.rename(path.with_suffix(".1"))
    publisher.reopen()
    tell(publisher, 2)
    wait_until(lambda: path.exists() and numbers(path) == [2])
    assert numbers(old) == [1]
    path.unlink()
    tell(publisher, 3)  # nobody said a word
    wait_until(lambda: path.exists() and numbers(path) == [3])
    with path.open("r+b") as file:
        file.truncate()  # logrotate's copytruncate
    tell(publisher, 4)
    wait_until(lambda: numbers(path) == [4])


def test_a_folder_that_vanished_is_waited_for(publisher, path, caplog):
    tell(publisher, 1)
    wait_until(lambda: publisher.depth == 0)
    away = path.parent.with_name("away")
    path.parent.rename(away)
    tell(publisher, 2, 3)
    wait_until(lambda: publisher.trouble == "No such file or directory")
    tell(publisher, 4, kind="state")
    away.rename(path.parent)
    wait_until(lambda: publisher.depth == 0 and publisher.trouble is None)
    assert numbers(path) == [1, 2, 3, 4]
    assert told_of(path, caplog) == [
        "No such file or directory; they wait in memory until that is over",
        "they are written again",
    ]


def test_a_full_disk_leaves_no_part_of_a_line_and_loses_nothing(path, monkeypatch):
    """The disk takes so many bytes, in pieces, then none; then it is emptied."""
    room = [100]
    write = os.write

    def small_disk(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        took = write(descriptor, data[: min(room[0], 37)])
        room[0] -= took
        return took

    monkeypatch.setattr(os, "write", small_disk)
    publisher = JsonLinesPublisher(path, retry_seconds=0.02)
    publisher.start()
    tell(publisher, *range(20))
    wait_until(lambda: publisher.trouble == "No space left on device")
    whole = numbers(path)
    assert whole == list(range(len(whole)))
    room[0] = 10**6
    wait_until(lambda: publisher.depth == 0)
    publisher.stop(60.0)
    assert numbers(path) == list(range(20))
    assert publisher.events_lost == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_is_always_full_ends_in_time():
    publisher = JsonLinesPublisher(Path("/dev/full"), retry_seconds=0.05)
    publisher.start()
    tell(publisher, 1)
    wait_until(lambda: publisher.trouble == "No space left on device")
    publisher.stop(1.0)
    assert publisher.depth == 1


def test_a_reader_that_is_slow_holds_up_nobody_and_costs_states_first(tmp_path, caplog):
    """A FIFO that is not read: all events come in the end, in order, and the newest states."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    publisher = JsonLinesPublisher(fifo, JsonLinesSettings(memory_states=10), retry_seconds=0.05)
    publisher.start()
    for seq in range(1000):
        tell(publisher, seq, kind="state", pad="x" * 900)
        tell(publisher, seq, kind="change")
    assert publisher.states_dropped > 0
    assert publisher.events_lost == 0
    received = b""
    while publisher.depth or not received.endswith(b"\n"):
        try:
            received += os.read(reader, 65536)
        except BlockingIOError:
            time.sleep(0.01)
    publisher.stop(60.0)
    while piece := os.read(reader, 65536):
        received += piece
    os.close(reader)
    told = [json.loads(line) for line in received.decode().splitlines()]
    assert [line["seq"] for line in told if line["type"] == "change"] == list(range(1000))
    states = [line["seq"] for line in told if line["type"] == "state"]
    assert states == sorted(states)
    assert len(states) + publisher.states_dropped == 1000
    assert states[-1] == 999
    assert len([record for record in caplog.records if "too slow" in record.getMessage()]) == 1


def test_a_fifo_without_a_reader_is_told_and_waited_for(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    publisher = JsonLinesPublisher(fifo, retry_seconds=0.05)
    publisher.start()
    tell(publisher, 1)
    wait_until(lambda: publisher.trouble == os.strerror(errno.ENXIO))
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    wait_until(lambda: publisher.depth == 0 and publisher.trouble is None)
    os.close(reader)
    tell(publisher, 2)
    wait_until(lambda: publisher.trouble is not None)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    wait_until(lambda: publisher.depth == 0)
    assert json.loads(os.read(reader, 1000))["seq"] == 2
    os.close(reader)
    publisher.stop(1.0)


def test_a_long_line_is_ended_though_nothing_follows_it(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    publisher = JsonLinesPublisher(fifo)
    publisher.start()
    tell(publisher, 1, pad="x" * 200_000)
    received = b""
    while not received.endswith(b"\n"):
        with suppress(BlockingIOError):
            received += os.read(reader, 50_000)
    wait_until(lambda: publisher.depth == 0)
    publisher.stop(1.0)
    os.close(reader)
    assert json.loads(received)["seq"] == 1


def test_a_reader_that_never_reads_does_not_delay_the_end(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    publisher = JsonLinesPublisher(fifo)
    publisher.start()
    tell(publisher, *range(1000), pad="x" * 1000)
    publisher.stop(0.5)
    assert publisher.depth > 0
    publisher._thread.join(60)
    assert not publisher._thread.is_alive()
    os.close(reader)


@pytest.mark.parametrize("target", ["pipe", "file"])
def test_standard_output(target, tmp_path):
    script = (
        "from streamgenre.publish.json_lines import JsonLinesPublisher\n"
        "publisher = JsonLinesPublisher(None)\n"
        "publisher.start()\n"
        "for seq in range(500):\n"
        "    publisher.publish({'schema': 1, 'type': 'change', 'source': 'main', 'seq': seq})\n"
        "publisher.reopen()\n"
        "publisher.stop(60.0)\n"
    )
    out = tmp_path / "out"
    with out.open("wb") as file:
        to = subprocess.PIPE if target == "pipe" else file
        done = subprocess.run([sys.executable, "-c", script], stdout=to, stderr=subprocess.PIPE, check=True)
    text = done.stdout if target == "pipe" else out.read_bytes()
    assert [json.loads(line)["seq"] for line in text.splitlines()] == list(range(500))
    assert done.stderr == b""


def test_a_standard_output_that_was_closed_gets_nothing_and_nobody_else_its_lines(tmp_path):
    """The next file that is opened has its number."""
    script = (
        "import os, sys, time\n"
        "from streamgenre.publish.json_lines import JsonLinesPublisher\n"
        "other = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "publisher = JsonLinesPublisher(None)\n"
        "publisher.start()\n"
        "publisher.publish({'schema': 1, 'type': 'change', 'source': 'main', 'seq': 1})\n"
        "while not publisher.trouble and publisher.depth:\n"
        "    time.sleep(0.01)\n"
        "publisher.stop(1.0)\n"
        "sys.stderr.write(f'{other} {publisher.trouble}')\n"
    )
    call = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", script, tmp_path / "other"]
    done = subprocess.run(call, stderr=subprocess.PIPE, text=True, check=True)
    assert done.stderr.endswith("1 standard output was closed before the start")
    assert (tmp_path / "other").read_bytes() == b""


def test_a_message_that_is_no_json_is_counted_and_the_others_come(publisher, path, caplog):
    tell(publisher, 1)
    tell(publisher, 2, title="\ud800")
    tell(publisher, 3, level=float("nan"))
    tell(publisher, 4)
    publisher.stop(60.0)
    assert numbers(path) == [1, 4]
    assert publisher.events_lost == 2
    assert "cannot be written" in caplog.text


@given(
    st.lists(st.sampled_from(["state", "change", "diagnostics", "take"])),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_the_queue_keeps_order_and_counts_what_it_drops(steps, most_states, most_events):
    queue = LineQueue(most_states, most_events)
    taken: list[int] = []
    put = {"state": 0, "event": 0}
    for number, step in enumerate(steps):
        if step == "take":
            taken += [message["seq"] for message in queue.take(2)]
        else:
            queue.put(payload(kind=step) | {"seq": number})
            put["event" if step == "change" else "state"] += 1
    taken += [message["seq"] for message in queue.take(1000)]
    assert taken == sorted(taken)
    kept = [steps[number] for number in taken]
    assert kept.count("change") + queue.events_refused == put["event"]
    assert len(kept) - kept.count("change") + queue.states_dropped == put["state"]


@given(st.lists(st.binary(min_size=1, max_size=6000), min_size=1, max_size=12), st.integers(1, 5000))
def test_a_pipe_gets_every_byte_once_whatever_is_read_when(pieces, read_bytes):
    """Lines of any length; between two writes the reader takes so many bytes."""
    ends = os.pipe2(os.O_NONBLOCK)
    file = LineFile(None)
    file._fd = ends[1]
    wanted = [piece.replace(b"\n", b" ") + b"\n" for piece in pieces]
    waiting, received = list(wanted), b""
    while waiting or file._left:
        written = file.write(b"".join(waiting), 0.0)
        while waiting and written >= len(waiting[0]):
            written -= len(waiting.pop(0))
        assert written == 0
        received += os.read(ends[0], read_bytes)
    os.close(ends[1])
    while piece := os.read(ends[0], 65536):
        received += piece
    os.close(ends[0])
    assert received == b"".join(wanted)


def test_that_too_much_comes_is_told_once_and_when_it_is_over(path, monkeypatch, caplog):
    monkeypatch.setattr("streamgenre.publish.json_lines.CALM_SECONDS", 0.2)
    publisher = JsonLinesPublisher(path, JsonLinesSettings(memory_states=1, memory_events=2))
    tell(publisher, 1, 2, 3, kind="state")
    tell(publisher, 4, 5, 6)
    publisher.start()
    wait_until(lambda: publisher.depth == 0 and publisher.trouble is None and len(caplog.records) == 2)
    publisher.stop(60.0)
    assert numbers(path) == [3, 4, 5]
    assert told_of(path, caplog) == [
        "reader or disk is too slow; states are left out, then events",
        "2 states and 1 events were left out",
    ]
