"""The history's writer: every event once, whatever the disk does meanwhile."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from streamgenre.publish.history import EVENT_TYPES, HistoryPublisher
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.settings import HistorySettings
from tests.support.history_files import eventually, write_history
from tests.support.synthetic_week import START, event, events, segment, state

HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "history.sqlite"


def stored(path, *types):
    with HistoryReader(path) as reader:
        return [row.payload for row in reader.rows(HistoryQuery(types or EVENT_TYPES))]


def numbers(path):
    return sorted(payload["seq"] for payload in stored(path))


def publisher_of(path, **settings):
    return HistoryPublisher(HistorySettings(path=path, **settings), retry_seconds=0.05)


def test_rows_are_the_published_objects_and_their_numbers_have_no_holes(path):
    published = list(events(days=7))
    write_history(path, [*published, {"type": "diagnostics", "node": "bar"}])
    assert sorted(stored(path), key=lambda row: row["seq"]) == published
    assert {row["type"] for row in published} == {"segment", "change", "title", "alarm"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert json.loads(connection.execute("SELECT text FROM events").fetchone()[0]) in published


def test_an_event_given_twice_is_kept_once_and_a_number_used_again_is_another(path):
    once, later = segment(START, START + HOUR, seq=1), segment(START + HOUR, START + 2 * HOUR, seq=1)
    write_history(path, [once, once, later])
    assert stored(path) == [once, later]


def test_a_stretch_that_goes_on_is_noted_until_it_ends(path):
    write_history(path, [state(START, START + HOUR)])
    with HistoryReader(path) as reader:
        (row,) = reader.going_on(HistoryQuery())
        assert (row.going_on, row.payload["title"], row.end_ms - row.start_ms) == (
            True,
            "Now - Playing",
            3_600_000,
        )
        assert reader.going_on(HistoryQuery(genre="rock")) == []
        assert reader.going_on(HistoryQuery(sources=["other"])) == []
    write_history(path, [segment(START, START + 2 * HOUR)])
    with HistoryReader(path) as reader:
        assert reader.going_on(HistoryQuery()) == []
        assert len(list(reader.rows(HistoryQuery()))) == 1


def test_what_is_older_than_the_days_to_keep_is_deleted(path):
    now = datetime.now(UTC)
    old = [segment(now - (400 - n) * HOUR, now - (399 - n) * HOUR, seq=n) for n in range(1, 400)]
    write_history(path, old)
    publisher = publisher_of(path, keep_days=10)
    publisher.start()
    eventually(lambda: len(numbers(path)) <= 240)
    publisher.stop(120)
    kept = [datetime.fromisoformat(row["end"]) for row in stored(path)]
    assert min(kept) >= now - timedelta(days=10, seconds=5)
    assert 238 <= len(kept) <= 240


def test_a_file_shrinks_when_much_of_it_was_deleted(path):
    now = datetime.now(UTC)
    old = [segment(now - (9000 - n) * HOUR / 9, now - (8999 - n) * HOUR / 9, seq=n) for n in range(1, 9000)]
    write_history(path, old)
    before = path.stat().st_size
    publisher = publisher_of(path, keep_days=1)
    publisher.start()
    eventually(lambda: len(numbers(path)) < 220)
    publisher.stop(120)
    assert path.stat().st_size < before / 4


def test_a_place_that_cannot_be_written_is_told_once_waited_for_and_told_again(path, caplog):
    path.parent.write_text("a file where the folder should be")
    publisher = publisher_of(path, memory_events=100)
    publisher.start()
    for seq in range(1, 121):
        publisher.publish(segment(START + seq * HOUR, START + (seq + 1) * HOUR, seq=seq))
    eventually(lambda: publisher.trouble)
    assert (publisher.depth, publisher.lost) == (100, 20)
    path.parent.unlink()
    eventually(lambda: publisher.trouble is None and publisher.depth == 0)
    publisher.publish(segment(START, START + HOUR, seq=121))
    publisher.stop(120)
    assert numbers(path) == [*range(1, 101), 121]
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert "100 events wait already" in lines[0] or "100 events wait already" in lines[1]
    assert lines[2].endswith("is written again; 20 events were lost")


def test_a_damaged_file_is_set_aside_with_a_line_and_nothing_new_is_lost(path, caplog):
    path.parent.mkdir()
    path.write_bytes(bytes(4096) + b"what a disk left of a history" * 100)
    write_history(path, [segment(START, START + HOUR)])
    assert numbers(path) == [1]
    assert path.with_name("history.sqlite.damaged").read_bytes().startswith(bytes(4096))
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "is damaged (file is not a database): set aside as history.sqlite.damaged" in record.getMessage()


def test_a_file_that_never_was_a_database_is_left_alone(path, caplog):
    path.parent.mkdir()
    path.write_text("[node]\nid = 'bar'\n" * 100)
    publisher = publisher_of(path)
    publisher.start()
    publisher.publish(segment(START, START + HOUR))
    eventually(lambda: publisher.trouble)
    publisher.stop(120)
    assert path.read_text().startswith("[node]")
    assert list(path.parent.iterdir()) == [path]
    assert "the file of something else. Name another." in caplog.text


def test_a_clock_that_was_set_back_makes_no_negative_time(path):
    write_history(path, [segment(START + HOUR, START)])
    with HistoryReader(path) as reader:
        (row,) = reader.rows(HistoryQuery())
    assert row.end_ms == row.start_ms


def test_damage_that_comes_while_writing_is_set_aside_too(path):
    write_history(path, events(days=20))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    write_history(path, [segment(START, START + HOUR, seq=7)])
    assert numbers(path) == [7]


def test_a_file_removed_under_the_writer_is_begun_anew(path, caplog):
    publisher = publisher_of(path)
    publisher.start()
    publisher.publish(segment(START, START + HOUR, seq=1))
    eventually(lambda: path.exists() and publisher.depth == 0)
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    publisher.publish(segment(START + HOUR, START + 2 * HOUR, seq=2))
    eventually(lambda: publisher.depth == 0)
    publisher.stop(120)
    assert numbers(path) == [2]
    assert "was removed or replaced" in caplog.text


def test_an_event_that_can_never_be_written_stops_nobody(path, caplog):
    publisher = publisher_of(path)
    publisher.start()
    publisher.publish(event("title", START, {"title": {1, 2}}, 1))
    eventually(lambda: publisher.lost == 1)
    publisher.publish(segment(START, START + HOUR, seq=2))
    publisher.stop(120)
    assert numbers(path) == [2]
    assert "cannot be written are lost" in caplog.text


def test_a_file_of_a_newer_program_is_left_alone(path, caplog):
    write_history(path, [segment(START, START + HOUR)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    publisher = publisher_of(path)
    publisher.start()
    publisher.publish(segment(START, START + HOUR, seq=2))
    eventually(lambda: publisher.trouble)
    publisher.stop(120)
    assert "written by a newer streamgenre (version 99" in caplog.text
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_stopping_one_that_never_started_is_no_error(path):
    publisher_of(path).stop(1)
    assert not path.exists()
