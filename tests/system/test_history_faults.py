"""The history through the worst of days: kill −9 again and again, and a disk that is full."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta

import pytest

from streamgenre.publish.history import HistoryPublisher
from streamgenre.publish.history_opening import HistoryUnreadableError
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.settings import HistorySettings
from tests.support.history_files import eventually
from tests.support.synthetic_week import START, segment

ROUNDS = 4


def numbers(path):
    with HistoryReader(path) as reader:
        return [row.payload["seq"] for row in reader.rows(HistoryQuery())]


def intact(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_kill_9_leaves_every_event_up_to_some_moment_and_readers_never_wait(tmp_path):
    path, last = tmp_path / "history.sqlite", 0
    for number in range(ROUNDS):
        child = subprocess.Popen([sys.executable, "-m", "tests.support.history_child", path, str(last + 1)])
        try:
            goal = last + 150
            eventually(lambda: path.exists() and written(path, goal))  # noqa: B023  # called at once
            time.sleep(0.05 * number)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        found = numbers(path)
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= goal
        assert intact(path)
        last = len(found)


def written(path, goal):
    """Whether it is written so far, as a reader sees it beside the writer."""
    try:
        return len(numbers(path)) >= goal
    except HistoryUnreadableError as error:  # the file is made, its tables are not yet
        return "no such" not in str(error) and pytest.fail(str(error))


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=False, capture_output=True
    )
    if not made or made.returncode:
        pytest.skip("a small disk cannot be mounted here (takes root)")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.system
def test_a_full_disk_is_told_once_loses_nothing_and_is_recovered_from(small_disk, caplog):
    path, ballast = small_disk / "history.sqlite", small_disk / "ballast"
    publisher = HistoryPublisher(HistorySettings(path=path), retry_seconds=0.05)
    publisher.start()
    publish(publisher, 1, 50)
    eventually(lambda: publisher.depth == 0)
    fill(ballast)
    publish(publisher, 51, 2000)
    eventually(lambda: publisher.trouble)
    time.sleep(0.5)
    assert publisher.trouble == "the disk is full"
    assert publisher.depth > 0
    assert numbers(path)[:50] == list(range(1, 51))
    ballast.unlink()
    eventually(lambda: publisher.trouble is None and publisher.depth == 0)
    publisher.stop(120)
    assert numbers(path) == list(range(1, 2001))
    assert intact(path)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert told[0].endswith("cannot be written: the disk is full; events are kept in memory meanwhile")
    assert told[1].endswith("is written again; 0 events were lost")


@pytest.mark.system
def test_what_waited_for_room_is_written_when_there_is_some(small_disk, caplog):
    path, ballast = small_disk / "history.sqlite", small_disk / "ballast"
    fill(ballast)
    publisher = HistoryPublisher(HistorySettings(path=path), retry_seconds=0.05)
    publisher.start()
    publish(publisher, 1, 200)
    eventually(lambda: publisher.trouble)
    ballast.unlink()
    eventually(lambda: publisher.trouble is None and publisher.depth == 0)
    publish(publisher, 201, 210)
    publisher.stop(120)
    assert numbers(path) == list(range(1, 211))
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def publish(publisher, first, last):
    for seq in range(first, last + 1):
        at = START + timedelta(minutes=seq)
        publisher.publish(segment(at, at + timedelta(minutes=1), seq=seq))


def fill(ballast):
    with ballast.open("wb") as file:
        while True:
            try:
                os.write(file.fileno(), b"x" * 4096)
            except OSError:
                return
