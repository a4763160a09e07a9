"""Reading the history: the right rows, by an index, without writing a byte."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streamgenre.publish.history import HistoryPublisher
from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_opening import HistoryUnreadableError
from streamgenre.publish.history_path import history_to_read
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.publish.history_schema import MIGRATIONS, OtherHistoryError
from streamgenre.settings import HistorySettings
from tests.support.history_files import write_history
from tests.support.synthetic_week import START, event, events, segment, state

NOBODY = 65534
VERSION_1 = (
    """CREATE TABLE sources (source_id INTEGER PRIMARY KEY, node TEXT NOT NULL, source TEXT NOT NULL,
        UNIQUE (node, source))""",
    """CREATE TABLE events (row_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, type TEXT NOT NULL,
        seq INTEGER, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, text TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX events_by_source ON events (source_id, type, start_ms, seq)",
    "CREATE INDEX events_by_time ON events (type, start_ms)",
    "PRAGMA user_version=1",
)


def at(hours):
    return START + timedelta(hours=hours)


def ms(hours):
    return milliseconds(at(hours))


def found(path, **query):
    with HistoryReader(path) as reader:
        return [row.payload["seq"] for row in reader.rows(HistoryQuery(**query))]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def small(path):
    return write_history(
        path,
        [
            segment(at(0), at(10), genre="rock", seq=1),
            segment(at(10), at(11), genre="jazz", seq=2),
            segment(at(11), at(12), "speech", None, seq=3),
            segment(at(0), at(3), genre="jazz", seq=4, source="second"),
            segment(at(3), at(20), genre="rock", seq=5, source="second", node="attic"),
            event("title", at(5), {"title": "a", "previous": None}, 6),
        ],
    )


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ({}, [1, 4, 5, 2, 3]),
        ({"since_ms": ms(9)}, [1, 5, 2, 3]),
        ({"since_ms": ms(10)}, [5, 2, 3]),
        ({"until_ms": ms(3)}, [1, 4]),
        ({"since_ms": ms(10.5), "until_ms": ms(10.6)}, [5, 2]),
        ({"sources": ["main"]}, [1, 2, 3]),
        ({"sources": ["second"], "nodes": ["attic"]}, [5]),
        ({"sources": ["attic/second", "main"]}, [1, 5, 2, 3]),
        ({"nodes": ["bar"], "genre": "jazz"}, [4, 2]),
        ({"status": "speech"}, [3]),
        ({"newest": 2}, [2, 3]),
        ({"newest": 3, "types": ("segment", "title")}, [6, 2, 3]),
        ({"types": ("title",), "since_ms": ms(5)}, [6]),
        ({"sources": ["none"]}, []),
    ],
)
def test_the_rows_asked_for_come_in_order(small, query, seqs):
    assert found(small, **query) == seqs


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"since_ms": ms(1), "until_ms": ms(90)},
        {"sources": ["main"]},
        {"genre": "jazz"},
        {"status": "speech", "until_ms": ms(90)},
        {"types": ("segment", "alarm", "title"), "since_ms": ms(1)},
    ],
)
def test_a_long_history_is_read_by_an_index_and_never_sorted(path, query):
    write_history(path, events(days=30))
    with HistoryReader(path) as reader:
        plans = reader.plans(HistoryQuery(newest=100, **query))
    assert plans
    assert all(plan.startswith("SEARCH events USING INDEX events_by") for plan in plans)


def test_a_file_of_version_1_is_read_as_it_is_and_brought_up_to_date_by_the_writer(path):
    old = [segment(at(n), at(n + 1), genre="jazz" if n % 2 else "rock", seq=n) for n in range(1, 50)]
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in VERSION_1:
            connection.execute(statement)
        connection.execute("INSERT INTO sources VALUES (1, 'bar', 'main')")
        for n, payload in enumerate(old, 1):
            row = (n, 1, "segment", n, ms(n), ms(n + 1), json.dumps(payload))
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    before = path.read_bytes()
    assert found(path, genre="jazz") == list(range(1, 50, 2))
    assert path.read_bytes() == before
    write_history(path, [segment(at(50), at(51), seq=50)])
    assert found(path) == list(range(1, 51))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_of_a_newer_program_says_so(small):
    with closing(sqlite3.connect(small)) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(OtherHistoryError, match="version 99, 2 is known here"):
        HistoryReader(small)


def test_the_database_of_something_else_is_neither_read_nor_written(path, caplog):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (one)")
    before = path.read_bytes()
    with pytest.raises(OtherHistoryError, match="the database of something else"):
        HistoryReader(path)
    publisher = HistoryPublisher(HistorySettings(path=path))
    publisher.start()
    publisher.publish(segment(at(0), at(1)))
    publisher.stop(120)
    assert "the database of something else" in caplog.text
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    assert len(path.read_bytes()) == len(before)


def test_no_file_and_a_damaged_one_say_what_to_do(path):
    with pytest.raises(HistoryUnreadableError, match="there is no history yet"):
        HistoryReader(path)
    path.write_text("something else entirely, which is no database")
    with pytest.raises(HistoryUnreadableError, match="no history, or it is damaged"):
        HistoryReader(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(HistoryUnreadableError, match="cannot be read"):
        HistoryReader(path)


def test_damage_met_while_reading_is_told(path):
    write_history(path, events(days=60))
    content = bytearray(path.read_bytes())
    content[len(content) // 4 :] = b"\xa5" * (len(content) - len(content) // 4)
    path.write_bytes(content)
    with pytest.raises(HistoryUnreadableError, match="recover"), HistoryReader(path) as reader:
        list(reader.rows(HistoryQuery()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("daemon", ["gone", "killed", "writing"])
def test_who_may_not_write_reads(daemon):
    folder = Path(tempfile.mkdtemp(prefix="streamgenre-"))
    folder.chmod(0o755)
    path = write_history(folder / "history.sqlite", [segment(at(0), at(1))])
    writer = sqlite3.connect(path, isolation_level=None)
    if daemon != "gone":
        writer.execute("INSERT INTO sources (node, source) VALUES ('b', 'c')")
        if daemon == "killed":
            for suffix in ("", "-wal"):
                shutil.copy(f"{path}{suffix}", f"{folder}/copy.sqlite{suffix}")
            path = folder / "copy.sqlite"
    else:
        writer.close()
    os.seteuid(NOBODY)
    try:
        if daemon == "killed":
            with pytest.raises(HistoryUnreadableError, match="permissions"):
                HistoryReader(path)
        else:
            assert found(path) == [1]
    finally:
        os.seteuid(0)
        writer.close()
        shutil.rmtree(folder)


def test_a_folder_that_is_closed_to_us_is_told(path, monkeypatch):
    """Root sees into every folder, so somebody else looks."""
    write_history(path, [segment(at(0), at(1))])
    monkeypatch.setattr("streamgenre.publish.history_path.SERVICE_FOLDER", path.parent)
    monkeypatch.setenv("XDG_STATE_HOME", str(path.parent / "nowhere"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    mode, before = path.parent.stat().st_mode, os.geteuid()
    path.parent.chmod(0)
    if before == 0:
        os.seteuid(NOBODY)
    try:
        asked = history_to_read()
        with pytest.raises(HistoryUnreadableError, match="cannot be read: Permission denied"):
            HistoryReader(asked)
    finally:
        if before == 0:
            os.seteuid(0)
        path.parent.chmod(mode)


def test_what_is_written_meanwhile_is_not_seen_by_half(path):
    write_history(path, [segment(at(0), at(1), seq=1), state(at(1), at(2))])
    with HistoryReader(path) as reader:
        assert [row.payload["seq"] for row in reader.rows(HistoryQuery())] == [1]
        write_history(path, [segment(at(1), at(3), seq=2)])
        assert len(reader.going_on(HistoryQuery())) == 1
        assert [row.payload["seq"] for row in reader.rows(HistoryQuery())] == [1]


def test_times_of_rows_are_those_of_the_payload(small):
    with HistoryReader(small) as reader:
        first = next(iter(reader.rows(HistoryQuery())))
    assert datetime.fromtimestamp(first.start_ms / 1000, UTC) == START
    assert first.end_ms - first.start_ms == 10 * 3_600_000
