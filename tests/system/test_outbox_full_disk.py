"""A full disk is a state: told once, numbers without a hole, everything written when there is room."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamgenre.publish import dispatcher as dispatcher_module
from streamgenre.publish.dispatcher import Dispatcher
from streamgenre.publish.outbox import Outbox, OutboxUnavailableError
from tests.support.publishing import Listener, payload, state, title

pytestmark = pytest.mark.system


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def stuff(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 512):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


def stored(path: Path) -> list[int]:
    outbox = Outbox(path)
    numbers = []
    while (row := outbox.waiting()) is not None:
        numbers.append(row.seq)
        outbox.sent(row.row_id)
    outbox.close()
    return numbers


def test_a_limit_on_the_size_of_files(tmp_path: Path):
    path = tmp_path / "outbox.db"
    command = [sys.executable, "-m", "tests.support.outbox_on_small_disk", str(path), str(400_000)]
    saw = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert saw["written"] == list(range(1, len(saw["written"]) + 1))
    assert len(saw["written"]) > 50
    assert "events cannot be written" in saw["trouble"]
    assert (saw["after"], saw["logged"]) == (None, ["ERROR", "WARNING"])
    outbox = Outbox(path)
    assert outbox.recall("main", "enabled") is False
    outbox.close()
    assert stored(path) == saw["written"]


def test_a_full_disk_from_the_dispatcher_on(
    disk: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.05)
    outbox, listener = Outbox(disk / "outbox.db"), Listener()
    dispatcher = Dispatcher("bar", outbox, [listener], heartbeat_seconds=0.1)
    dispatcher.start()
    dispatcher.offer("main", title(0))
    wait_for(lambda: listener.heard)
    filler = stuff(disk)
    offered = 1
    while outbox.trouble is None:
        dispatcher.offer("main", title(offered, "x" * 3000))
        offered += 1
        wait_for(lambda: not len(dispatcher._offers))
    for _ in range(20):
        dispatcher.offer("main", title(offered))
        offered += 1
    dispatcher.offer("main", state(offered))
    wait_for(lambda: listener.heard[-1]["type"] == "state")
    assert dispatcher.queue_depth >= 20
    filler.unlink()
    wait_for(lambda: dispatcher.queue_depth == 0 and outbox.trouble is None)
    dispatcher.stop(20)
    outbox.close()
    told = [seq for kind, seq in listener.told() if kind == "title"]
    assert told == stored(disk / "outbox.db") == list(range(1, offered + 1))
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def test_a_program_that_starts_on_a_full_disk(disk: Path, caplog: pytest.LogCaptureFixture):
    path = disk / "outbox.db"
    outbox = Outbox(path)
    outbox.append([payload()])
    outbox.close()
    filler = stuff(disk)
    outbox = Outbox(path)
    with pytest.raises(OutboxUnavailableError):
        outbox.append([payload()])
    filler.unlink()
    assert outbox.append([payload()]) == [2]
    outbox.close()
    assert stored(path) == [1, 2]
    assert len(caplog.records) == 2


def test_a_first_start_on_a_full_disk(disk: Path):
    filler = stuff(disk)
    outbox = Outbox(disk / "state" / "outbox.db")
    assert outbox.trouble is not None
    with pytest.raises(OutboxUnavailableError):
        outbox.append([payload()])
    filler.unlink()
    assert outbox.append([payload()]) == [1]
    assert outbox.trouble is None
    outbox.close()
