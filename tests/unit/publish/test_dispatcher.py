"""From offers to publishers: order, numbers, a disk that is slow or full, an engine that never waits."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from streamgenre.messages import Alarm, Stamped, State
from streamgenre.publish import dispatcher as dispatcher_module
from streamgenre.publish import outbox as outbox_module
from streamgenre.publish.dispatcher import Dispatcher
from streamgenre.publish.outbox import Outbox, OutboxUnavailableError
from streamgenre.publish.payload import is_event
from streamgenre.settings import OutboxSettings
from tests.support.publishing import (
    Listener,
    alarm,
    change,
    diagnostics,
    online,
    payload,
    segment,
    stamped,
    state,
    title,
)


class FaultyOutbox(Outbox):
    """Its disk is full while `full`, and holds every commit until `gate` opens."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path)
        self.full = False
        self.gate = threading.Event()
        self.gate.set()

    def append(self, *args: Any) -> list[int]:
        self.gate.wait(30)
        if self.full:
            raise OutboxUnavailableError
        return super().append(*args)


@contextmanager
def running(outbox: Outbox, **options: Any) -> Iterator[tuple[Dispatcher, Listener]]:
    listener = Listener()
    dispatcher = Dispatcher("bar", outbox, [listener], **options)
    dispatcher.start()
    try:
        yield dispatcher, listener
    finally:
        dispatcher.stop(30)
        outbox.close()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_states_carry_the_number_of_the_event_before_them():
    with running(Outbox(None)) as (dispatcher, listener):
        for message in (state(1), online(1), state(2), segment(3), change(3), state(3), diagnostics(3)):
            dispatcher.offer("main", message)
    assert listener.told() == [
        *(("state", 0), ("source", 1), ("state", 1), ("segment", 2), ("change", 3), ("state", 3)),
        ("diagnostics", 3),
    ]
    assert list(listener.heard[-1].items())[-4:] == [
        *(("queue_depth", 0), ("outbox_depth", 3), ("events_lost", 0), ("outbox_trouble", None)),
    ]


def test_all_that_was_offered_is_committed_and_handed_on_when_it_stops(tmp_path: Path):
    with running(Outbox(tmp_path / "o.db")) as (dispatcher, listener):
        for number in range(2000):
            dispatcher.offer("ab"[number % 2], title(number))
    assert [heard["seq"] for heard in listener.heard if heard["source"] == "a"] == list(range(1, 1001))
    assert Outbox(tmp_path / "o.db").last_seq("b") == 1000


def test_an_event_is_in_the_file_before_anyone_is_told(tmp_path: Path):
    outbox = Outbox(tmp_path / "o.db")
    seen: list[tuple[int, int]] = []

    class Reader(Listener):
        def publish(self, payload: dict[str, Any]) -> None:
            seen.append((payload["seq"], outbox.last_seq("main")))

    dispatcher = Dispatcher("bar", outbox, [Reader()])
    dispatcher.start()
    for number in range(50):
        dispatcher.offer("main", title(number))
    dispatcher.stop(30)
    outbox.close()
    assert [seq for seq, _ in seen] == list(range(1, 51))
    assert all(committed >= seq for seq, committed in seen)


def test_the_engine_never_waits_for_a_disk_that_hangs():
    outbox = FaultyOutbox()
    outbox.gate.clear()
    with running(outbox) as (dispatcher, listener):
        for number in range(3000):
            dispatcher.offer("main", title(number))
            dispatcher.offer("main", state(number))
            dispatcher.offer("main", state(number + 0.5))
        assert listener.heard == []
        assert dispatcher.queue_depth > 2000
        outbox.gate.set()
    numbers = [seq for kind, seq in listener.told() if kind == "title"]
    assert numbers == list(range(1, 3001))


def test_a_state_takes_the_place_of_the_one_before_it_but_never_of_an_event():
    outbox = FaultyOutbox()
    outbox.gate.clear()
    with running(outbox) as (dispatcher, listener):
        dispatcher.offer("main", title(0))
        wait_for(lambda: not len(dispatcher._offers))
        for number in range(1, 101):
            dispatcher.offer("main", state(number))
            dispatcher.offer("other", state(number))
        dispatcher.offer("main", title(101))
        dispatcher.offer("main", state(102))
        outbox.gate.set()
    assert [(heard["type"], heard["seq"], heard["audio_seconds"]) for heard in listener.heard] == [
        *(("title", 1, 0), ("state", 1, 100), ("state", 0, 100), ("title", 2, 101), ("state", 2, 102)),
    ]


def test_a_stretch_begins_with_its_first_state_even_if_that_was_replaced():
    outbox = FaultyOutbox()
    outbox.gate.clear()
    with running(outbox) as (dispatcher, listener):
        dispatcher.offer("main", title(0))
        wait_for(lambda: not len(dispatcher._offers))
        for second in range(10, 20):
            said = state(second).message
            dispatcher.offer("main", Stamped(said, state(second * 2).time, None))
        dispatcher.offer("main", segment(20, 10))
        outbox.gate.set()
    assert listener.heard[-1]["start"] == "2026-11-21T12:00:20.000Z"


def test_while_the_disk_is_full_states_go_on_and_events_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.02)
    outbox = FaultyOutbox()
    with running(outbox) as (dispatcher, listener):
        dispatcher.offer("main", title(0))
        wait_for(listener.told)
        outbox.full = True
        for number in range(1, 4):
            dispatcher.offer("main", title(number))
            dispatcher.offer("main", state(number))
            wait_for(lambda number=number: listener.heard[-1]["audio_seconds"] == number)
        assert listener.told() == [("title", 1), *[("state", 1)] * 3]
        assert dispatcher.queue_depth == 3
        outbox.full = False
        wait_for(lambda: len(listener.heard) == 7)
        dispatcher.offer("main", state(5))
    assert listener.told()[4:] == [("title", 2), ("title", 3), ("title", 4), ("state", 4)]
    assert dispatcher.lost == 0
    assert not caplog.records


def test_beyond_what_memory_keeps_the_oldest_go_counted_and_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.02)
    outbox = FaultyOutbox()
    outbox.full = True
    with running(outbox, settings=OutboxSettings(memory_events=100)) as (dispatcher, listener):
        for number in range(150):
            dispatcher.offer("main", title(number))
            wait_for(lambda: not len(dispatcher._offers))
        wait_for(lambda: dispatcher.lost == 50)
        outbox.full = False
        wait_for(lambda: len(listener.heard) == 100)
    assert [heard["seq"] for heard in listener.heard] == list(range(1, 101))
    assert listener.heard[0]["audio_seconds"] == 50
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def test_events_that_never_found_room_are_told_at_the_end(caplog: pytest.LogCaptureFixture):
    outbox = FaultyOutbox()
    outbox.full = True
    with running(outbox) as (dispatcher, _):
        dispatcher.offer("main", title(0))
    assert "1 messages were not handed on" in caplog.text


def test_what_a_crash_left_open_is_told_first(tmp_path: Path):
    outbox = Outbox(tmp_path / "o.db")
    dispatcher = Dispatcher("bar", outbox, [], heartbeat_seconds=0.01)
    dispatcher.start()
    dispatcher.offer("main", state(0.0, confidence=0.5))
    dispatcher.offer("main", online(0))
    dispatcher.offer("main", state(10.0, confidence=1.0))
    dispatcher.offer("main", title(11))
    dispatcher.offer("main", state(40.0))
    dispatcher.stop(30)
    outbox.close()
    with running(Outbox(tmp_path / "o.db")) as (dispatcher, listener):
        dispatcher.offer("main", title(1))
    told = listener.heard[0]
    assert listener.told() == [("segment", 3), ("title", 4)]
    assert {
        key: told[key] for key in ("reason", "genre", "start_seconds", "end_seconds", "start", "end", "time")
    } == {
        "reason": "restart",
        "genre": "jazz",
        "start_seconds": 0.0,
        "end_seconds": 40.0,
        "start": "2026-11-21T12:00:00.000Z",
        "end": "2026-11-21T12:00:40.000Z",
        "time": "2026-11-21T12:00:40.000Z",
    }
    assert told["mean_confidence"] == 0.875


def test_an_alarm_that_a_crash_left_active_is_ended(tmp_path: Path):
    outbox = Outbox(tmp_path / "o.db")
    dispatcher = Dispatcher("bar", outbox, [], heartbeat_seconds=3600.0)
    dispatcher.start()
    dispatcher.offer("main", state(0.0))
    dispatcher.offer("main", alarm(30.0))
    dispatcher.offer("main", state(31.0))
    wait_for(lambda: dispatcher.queue_depth == 0)
    outbox.close()
    with running(Outbox(tmp_path / "o.db")) as (after, listener):
        after.offer("main", title(1))
        wait_for(lambda: len(listener.heard) == 3)
    assert listener.told() == [("segment", 2), ("alarm", 3), ("title", 4)]
    ended = listener.heard[1]
    assert (ended["kind"], ended["active"], ended["level_dbfs"]) == ("dead_air", False, None)
    assert ended["since"] == "2026-11-21T12:00:00.000Z"
    assert list(ended)[:7] == ["schema", "type", "node", "source", "seq", "time", "audio_seconds"]
    assert "active_alarms" not in listener.heard[0]


def test_what_a_crash_left_open_is_told_first_also_where_the_disk_comes_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.02)
    outbox = Outbox(tmp_path / "o.db")
    outbox.checkpoint("main", payload("main", "segment", audio_seconds=9.0))
    outbox.close()
    absent, opened = [OSError(5, "Input/output error")] * 4, outbox_module.open_database

    def open_database(path: Path) -> sqlite3.Connection:
        if absent:
            raise absent.pop()
        return opened(path)

    monkeypatch.setattr(outbox_module, "open_database", open_database)
    with running(outbox := Outbox(tmp_path / "o.db")) as (dispatcher, listener):
        assert "Input/output error" in outbox.trouble
        dispatcher.offer("main", title(1))
        dispatcher.offer("main", state(2))
        wait_for(lambda: len(listener.heard) >= 3)
    told = [entry for entry in listener.told() if entry[0] != "state"]
    assert told == [("segment", 1), ("title", 2)]


def test_an_orderly_end_leaves_nothing_open(tmp_path: Path):
    outbox = Outbox(tmp_path / "o.db")
    with running(outbox, heartbeat_seconds=0.01) as (dispatcher, _):
        for message in (state(0), state(5), segment(6)):
            dispatcher.offer("main", message)
    outbox = Outbox(tmp_path / "o.db")
    assert outbox.interrupted() == []
    outbox.close()


def test_a_new_stretch_is_stored_at_once_not_at_the_next_heartbeat(tmp_path: Path):
    outbox = Outbox(tmp_path / "o.db")
    with running(outbox, heartbeat_seconds=1000) as (dispatcher, listener):
        for message in (state(0), segment(6), change(6), state(6, "blues")):
            dispatcher.offer("main", message)
        wait_for(lambda: len(listener.heard) == 4)
        rows = outbox._connection.execute("SELECT text FROM open_segments").fetchall()
        assert len(rows) == 1
        assert '"start_seconds": 6, "end_seconds": 6, "status": "music", "genre": "blues"' in rows[0][0]


def test_an_event_that_cannot_be_written_holds_up_no_other(caplog: pytest.LogCaptureFixture):
    with running(Outbox(None)) as (dispatcher, listener):
        dispatcher.offer("main", stamped(Alarm(1.0, "clipping", True, 0.0, float("nan"))))
        dispatcher.offer("main", title(2, "\ud800"))
        dispatcher.offer("main", title(3))
        dispatcher.offer("main", state(3))
    assert listener.told() == [("title", 1), ("state", 1)]
    assert dispatcher.lost == 2
    assert "cannot be written as JSON" in caplog.text


def test_a_publisher_that_raises_is_told_once_and_stops_no_other(caplog: pytest.LogCaptureFixture):
    class Broken(Listener):
        def publish(self, payload: dict[str, Any]) -> None:
            raise RuntimeError(payload)

    listener = Listener()
    dispatcher = Dispatcher("bar", outbox := Outbox(None), [Broken(), listener])
    dispatcher.start()
    for number in range(5):
        dispatcher.offer("main", title(number))
    dispatcher.stop(30)
    outbox.close()
    assert len(listener.heard) == 5
    assert len(caplog.records) == 1


def test_what_nobody_foresaw_is_told_once_and_costs_no_event(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(dispatcher_module, "RETRY_SECONDS", 0.02)
    outbox = FaultyOutbox()
    with running(outbox) as (dispatcher, listener):
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "append", lambda *_: 1 / 0)
            dispatcher.offer("main", title(1))
            wait_for(lambda: caplog.records)
        dispatcher.offer("main", title(2))
        wait_for(lambda: len(listener.heard) == 2)
    assert listener.told() == [("title", 1), ("title", 2)]
    assert "ZeroDivisionError" in caplog.text
    assert len(caplog.records) == 1


def test_many_threads_offer_and_nothing_is_lost_or_out_of_order(tmp_path: Path):
    with running(Outbox(tmp_path / "o.db")) as (dispatcher, listener):

        def work(source: str) -> None:
            for number in range(500):
                dispatcher.offer(source, title(number))
                dispatcher.offer(source, state(number + 0.5))

        threads = [threading.Thread(target=work, args=(f"s{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(8):
        heard = [message for message in listener.heard if message["source"] == f"s{number}"]
        titles = [
            (message["seq"], message["audio_seconds"]) for message in heard if message["type"] == "title"
        ]
        assert titles == [(seq + 1, seq) for seq in range(500)]
        assert all(
            message["seq"] == message["audio_seconds"] + 0.5
            for message in heard
            if message["type"] == "state"
        )
        assert heard[-1]["audio_seconds"] == 499.5


MESSAGES = {"state": state, "title": title, "alarm": alarm, "segment": segment, "change": change}


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    plan=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(sorted(MESSAGES)))
        | st.sampled_from(["full", "room", "wait"]),
        max_size=80,
    )
)
def test_whatever_comes_in_whatever_state_the_disk_is(plan: list[Any]):
    outbox = FaultyOutbox()
    offered: dict[str, list[float]] = {"a": [], "b": [], "c": []}
    with running(outbox) as (dispatcher, listener):
        for second, step in enumerate(plan):
            if isinstance(step, tuple):
                source, kind = step
                message = MESSAGES[kind](float(second))
                dispatcher.offer(source, message)
                if is_event(message.message):
                    offered[source].append(float(second))
            elif step == "wait":
                wait_for(lambda: not len(dispatcher._offers))
            else:
                outbox.full = step == "full"
        outbox.full = False
    assert dispatcher.lost == 0
    for source, seconds in offered.items():
        heard = [message for message in listener.heard if message["source"] == source]
        events = [message for message in heard if message["type"] != "state"]
        assert [(message["seq"], message["audio_seconds"]) for message in events] == list(
            enumerate(seconds, 1)
        )
        numbers = [message["seq"] for message in heard]
        assert numbers == sorted(numbers)
        for message in heard:
            if message["type"] == "state":
                before = sum(second < message["audio_seconds"] for second in seconds)
                assert message["seq"] <= before


def test_a_failing_database_is_trouble_and_then_over(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    outbox = Outbox(tmp_path / "o.db")
    other = sqlite3.connect(tmp_path / "o.db")
    outbox._disconnect()
    other.execute("BEGIN EXCLUSIVE")
    for _ in range(3):
        with pytest.raises(OutboxUnavailableError):
            outbox.checkpoint("main", None)
    assert "locked" in outbox.trouble
    other.close()
    outbox.checkpoint("main", None)
    assert outbox.trouble is None
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    outbox.close()


def test_state_messages_are_no_events():
    assert not is_event(state(0).message)
    assert isinstance(state(0).message, State)
    assert is_event(online(0).message)
