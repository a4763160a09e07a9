"""The outbox: numbers without holes, bounded waiting, one owner, damage and old versions."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from streamgenre.errors import ConfigurationError
from streamgenre.publish import outbox_schema, outbox_tables
from streamgenre.publish.outbox import Outbox, OutboxUnavailableError
from streamgenre.settings import OutboxSettings
from tests.support.publishing import payload


@dataclass
class Clock:
    seconds: float = 1000.0
    utc: datetime = datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def utc_now(self) -> datetime:
        return self.utc + timedelta(seconds=self.seconds - 1000.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.db"


def drain(outbox: Outbox) -> list[tuple[str, int]]:
    drained = []
    while (row := outbox.waiting()) is not None:
        drained.append((row.source, row.seq))
        outbox.sent(row.row_id)
    return drained


def test_numbers_go_on_over_restarts_and_each_source_has_its_own(path: Path):
    first = Outbox(path)
    assert first.append([payload("a"), payload("b"), payload("a")]) == [1, 1, 2]
    first.close()
    second = Outbox(path)
    assert (second.last_seq("a"), second.last_seq("b"), second.last_seq("c")) == (2, 1, 0)
    assert second.append([payload("b"), payload("a"), payload("c")]) == [2, 3, 1]
    assert drain(second) == [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3), ("c", 1)]
    second.close()


def test_in_memory_it_numbers_from_one():
    for _ in range(2):
        outbox = Outbox(None)
        assert outbox.append([payload(), payload()]) == [1, 2]
        assert drain(outbox) == [("main", 1), ("main", 2)]
        outbox.close()


def test_a_row_is_the_payload_with_its_number_in_its_place(path: Path):
    outbox = Outbox(path)
    outbox.append([payload(title='Ñandú \U0001f3b7 "x"', audio_seconds=1.25)])
    row = outbox.waiting()
    assert row is not None
    assert row.text == (
        '{"schema": 1, "type": "title", "node": "bar", "source": "main", "seq": 1, '
        '"title": "Ñandú \U0001f3b7 \\"x\\"", "audio_seconds": 1.25}'
    )
    assert row.wording() == row.text
    again = json.loads(row.wording(again=True))
    assert list(again)[-1] == "late"
    assert again.pop("late") is True
    assert again == json.loads(row.text)
    outbox.close()


def test_an_event_is_late_after_a_restart_and_after_ten_seconds(path: Path):
    clock = Clock()
    outbox = Outbox(path, clock=clock)
    outbox.append([payload()])
    assert not outbox.waiting().late
    clock.seconds += 10.1
    assert outbox.waiting().late
    outbox.append([payload("other")])
    outbox.sent(outbox.waiting().row_id)
    assert not outbox.waiting().late
    outbox.close()
    outbox = Outbox(path, clock=clock)
    row = outbox.waiting()
    assert (row.source, row.late) == ("other", True)
    outbox.close()


def test_a_commit_is_forced_to_the_disk_and_a_deletion_is_not(path: Path):
    outbox = Outbox(path)
    outbox.append([payload()])
    pragma = outbox._connection.execute
    assert (pragma("PRAGMA journal_mode").fetchone(), pragma("PRAGMA synchronous").fetchone()) == (
        ("wal",),
        (2,),
    )
    outbox.sent(outbox.waiting().row_id)
    assert pragma("PRAGMA synchronous").fetchone() == (1,)
    outbox.append([payload()])
    assert pragma("PRAGMA synchronous").fetchone() == (2,)
    outbox.close()


def test_what_was_sent_is_gone_after_a_restart(path: Path):
    outbox = Outbox(path)
    outbox.append([payload(), payload()])
    outbox.sent(outbox.waiting().row_id)
    outbox.close()
    outbox = Outbox(path)
    assert outbox.depth == 1
    assert drain(outbox) == [("main", 2)]
    outbox.close()


def test_too_many_the_oldest_go_counted_and_told_once(path: Path, caplog: pytest.LogCaptureFixture):
    outbox = Outbox(path, OutboxSettings(max_events=10))
    for _ in range(4):
        outbox.append([payload() for _ in range(5)])
    assert (outbox.depth, outbox.lost) == (10, 10)
    assert outbox.waiting().seq == 11
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    outbox.close()
    outbox = Outbox(path, OutboxSettings(max_events=10))
    assert (outbox.depth, outbox.lost, outbox.last_seq("main")) == (10, 10, 20)
    outbox.close()


def test_bytes_are_bounded_too(path: Path):
    outbox = Outbox(path, OutboxSettings(max_bytes=65_536))
    outbox.append([payload(title="x" * 1000) for _ in range(200)])
    rows = outbox.depth
    size = len(outbox.waiting().text) * rows
    assert size <= 65_536 < size + 2 * size / rows
    assert outbox.lost == 200 - rows
    outbox.close()


def test_old_events_go_by_the_clock_that_cannot_be_set(path: Path):
    clock = Clock()
    outbox = Outbox(path, OutboxSettings(max_age_seconds=60), clock=clock)
    outbox.append([payload()])
    clock.utc += timedelta(days=400)  # the machine is told the time
    outbox.append([payload()])
    assert outbox.lost == 0
    clock.seconds += 61
    outbox.append([payload()])
    assert (outbox.lost, outbox.depth) == (2, 1)
    outbox.close()


@pytest.mark.parametrize(
    ("committed", "lost"),
    [(datetime(2026, 11, 21, tzinfo=UTC), 1), (datetime(1970, 1, 1, 0, 1, tzinfo=UTC), 0)],
)
def test_events_of_an_earlier_run_go_by_date_unless_the_date_was_wrong(
    path: Path, committed: datetime, lost: int
):
    outbox = Outbox(path, clock=Clock(utc=committed))
    outbox.append([payload()])
    outbox.close()
    outbox = Outbox(path, clock=Clock(utc=datetime(2026, 12, 21, tzinfo=UTC)))
    outbox.append([payload()])
    assert outbox.lost == lost
    outbox.close()


def test_without_a_sender_events_are_numbered_and_not_kept(path: Path):
    outbox = Outbox(path, delivering=False)
    assert outbox.append([payload(), payload()]) == [1, 2]
    assert (outbox.depth, outbox.waiting()) == (0, None)
    outbox.close()


def test_an_open_segment_is_left_by_a_crash_and_by_nothing_else(path: Path):
    outbox = Outbox(path)
    outbox.checkpoint("a", payload("a", "segment", reason="restart"))
    outbox.checkpoint("b", payload("b", "segment", reason="restart"))
    outbox.checkpoint("c", payload("c", "segment", reason="restart"))
    outbox.append([payload("a", "segment", reason="end")])
    outbox.checkpoint("b", None)
    outbox.close()
    outbox = Outbox(path)
    assert outbox.interrupted() == [payload("c", "segment", reason="restart")]
    assert outbox.interrupted() == []
    outbox.append([payload("c", "segment", reason="restart")])
    outbox.close()
    outbox = Outbox(path)
    assert outbox.interrupted() == []
    outbox.close()


def test_values_are_remembered(path: Path):
    outbox = Outbox(path)
    assert outbox.recall("main", "enabled") is None
    outbox.remember("main", "enabled", value=False)
    outbox.remember("other", "enabled", value=True)
    outbox.remember("other", "enabled", value=False)
    outbox.remember("other", "hop", value=1.5)
    outbox.close()
    outbox = Outbox(path)
    assert outbox.recall("main", "enabled") is False
    assert (outbox.recall("other", "enabled"), outbox.recall("other", "hop")) == (False, 1.5)
    outbox.close()


def test_values_are_remembered_with_the_events_they_go_with_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    outbox = Outbox(path)
    outbox.append([payload("a")], {}, {("a", "grant"): 1})
    with monkeypatch.context() as patch:
        patch.setattr(outbox_tables, "store_open", lambda *_: sqlite3.connect(":memory:").execute("nonsense"))
        with pytest.raises(OutboxUnavailableError):
            outbox.append([payload("a")], {}, {("a", "grant"): 2})
    assert outbox.recall("a", "grant") == 1
    outbox.remember("b", "enabled", value=True)  # what was refused must not come with it
    outbox.close()
    outbox = Outbox(path)
    assert (outbox.last_seq("a"), outbox.recall("a", "grant"), outbox.recall("b", "enabled")) == (1, 1, True)
    outbox.close()


def test_what_a_fleet_left_open_is_told_apart_once(path: Path):
    outbox = Outbox(path)
    outbox.checkpoint("a", payload("a", "segment", reason="restart"))
    outbox.checkpoint("b", payload("b", "segment", epoch=7))
    outbox.close()
    outbox = Outbox(path)
    assert outbox.interrupted() == [payload("a", "segment", reason="restart")]
    assert outbox.unfinished() == {"b": payload("b", "segment", epoch=7)}
    assert outbox.unfinished() == {}
    outbox.close()


def test_what_is_remembered_outlives_damage_while_it_runs(path: Path):
    outbox = Outbox(path)
    for number in range(300):
        outbox.append([payload("a", title="x" * 200)], {}, {("a", "grant"): number, ("b", "grant"): 5})
    outbox._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    outbox._connection.execute("PRAGMA shrink_memory")
    path.write_bytes(b"\0" * path.stat().st_size)
    outbox.append([payload("a")])
    outbox.close()
    outbox = Outbox(path)
    assert (outbox.recall("a", "grant"), outbox.recall("b", "grant")) == (299, 5)
    outbox.close()


def test_a_second_owner_is_refused(path: Path):
    outbox = Outbox(path)
    with pytest.raises(ConfigurationError, match=r"the process \d+ keeps its events here already"):
        Outbox(path)
    outbox.close()
    Outbox(path).close()


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ConfigurationError, match="cannot be kept here"):
        Outbox(tmp_path / "state" / "outbox.db")


def test_a_newer_version_is_refused_and_left_alone(path: Path):
    Outbox(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer streamgenre"):
        Outbox(path)
    assert not list(path.parent.glob("*.damaged"))


def test_an_older_version_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch):
    outbox = Outbox(path)
    outbox.append([payload()])
    outbox.close()
    later = (
        *outbox_schema.MIGRATIONS,
        "ALTER TABLE numbers ADD COLUMN colour TEXT; CREATE TABLE more (x INTEGER)",
    )
    monkeypatch.setattr(outbox_schema, "MIGRATIONS", later)
    outbox_schema.migrate(connection := outbox_schema.connect(str(path)), path)
    assert connection.execute("SELECT source, seq, colour FROM numbers").fetchall() == [("main", 1, None)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def fill(path: Path) -> None:
    outbox = Outbox(path)
    for number in range(300):
        outbox.append([payload("a", title=f"{number} " + "x" * 200), payload("b")])
    outbox.remember("a", "enabled", value=False)
    outbox.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"\0" * 4096 + content[4096:],
        lambda content: b"this is no database" * 10 + content[190:],
        lambda content: content[:20_000] + b"\xff" * 40_000 + content[60_000:],
        lambda content: content[: len(content) // 2 + 77],
    ],
    ids=["head zeroed", "head overwritten", "middle overwritten", "cut"],
)
def test_a_damaged_file_is_set_aside_and_numbers_go_on(path: Path, damage, caplog: pytest.LogCaptureFixture):
    fill(path)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    outbox = Outbox(path)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "set aside as outbox.db.damaged" in caplog.text
    assert path.with_name("outbox.db.damaged").read_bytes()[:100] == damaged[:100]
    last = outbox.last_seq("a"), outbox.last_seq("b")
    assert min(last) >= 140  # half of the file may be gone
    assert outbox.append([payload("a"), payload("b")]) == [last[0] + 1, last[1] + 1]
    outbox.close()
    outbox = Outbox(path)
    assert outbox.last_seq("a") == last[0] + 1
    rows = drain(outbox)
    assert [seq for source, seq in rows if source == "a"] == sorted(
        {seq for source, seq in rows if source == "a"}
    )
    outbox.close()


def test_numbers_survive_where_only_the_head_is_gone(path: Path):
    fill(path)
    content = path.read_bytes()
    path.write_bytes(b"\0" * 4096 + content[4096:])
    outbox = Outbox(path)
    assert (outbox.last_seq("a"), outbox.last_seq("b")) == (300, 300)
    outbox.close()


def test_damage_while_it_runs_costs_no_number(path: Path, caplog: pytest.LogCaptureFixture):
    outbox = Outbox(path)
    for _ in range(300):
        outbox.append([payload("a", title="x" * 200)])
    outbox._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    outbox._connection.execute("PRAGMA shrink_memory")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 200_000)
    for expected in range(301, 320):
        assert outbox.append([payload("a")]) == [expected]
    assert "is set aside" in caplog.text
    assert outbox.trouble is None
    outbox.close()
    outbox = Outbox(path)
    assert outbox.last_seq("a") == 319
    outbox.close()


def test_a_crash_amid_replacing_a_damaged_file_loses_no_number(path: Path):
    fill(path)
    path.rename(path.with_name("outbox.db.fresh"))
    outbox = Outbox(path)
    assert outbox.last_seq("a") == 300
    outbox.close()


@pytest.mark.parametrize("how", ["file deleted", "file and log deleted", "folder deleted", "folder moved"])
def test_a_file_taken_away_while_in_use_is_made_anew_with_all_it_held(
    path: Path, how: str, caplog: pytest.LogCaptureFixture
):
    outbox = Outbox(path)
    outbox.append([payload(), payload("other"), payload()])
    outbox.remember("main", "enabled", value=False)
    outbox.checkpoint("main", payload("main", "segment"))
    outbox.sent(outbox.waiting().row_id)
    if how == "folder moved":
        path.parent.rename(path.parent.with_name("elsewhere"))
    elif how == "folder deleted":
        shutil.rmtree(path.parent)
    else:
        path.unlink()
        if how == "file and log deleted":
            path.with_name("outbox.db-wal").unlink()
    assert outbox.append([payload()]) == [3]
    assert "was moved or deleted while in use" in caplog.text
    assert (outbox.trouble, outbox.depth) == (None, 3)
    killed = path.parent.with_name("as a kill leaves it")
    shutil.copytree(path.parent, killed)
    outbox.close()
    for left in (path, killed / path.name):
        outbox = Outbox(left)
        assert outbox.interrupted() == [payload("main", "segment")]
        assert outbox.recall("main", "enabled") is False
        assert drain(outbox) == [("other", 1), ("main", 2), ("main", 3)]
        assert outbox.append([payload()]) == [4]
        outbox.close()


def test_an_event_that_no_broker_takes_is_lost_and_told_as_nothing_else(
    path: Path, caplog: pytest.LogCaptureFixture
):
    outbox = Outbox(path)
    outbox.append([payload(), payload()])
    outbox.give_up(outbox.waiting().row_id)
    assert (outbox.waiting().seq, outbox.depth, outbox.lost) == (2, 1, 1)
    assert not caplog.records
    outbox.close()
    outbox = Outbox(path)
    assert (outbox.waiting().seq, outbox.lost) == (2, 1)
    outbox.close()


def test_many_threads_share_it(path: Path):
    outbox = Outbox(path)
    seqs: dict[str, list[int]] = {"a": [], "b": []}
    mutex = threading.Lock()

    def work(source: str) -> None:
        for _ in range(50):
            numbers = outbox.append([payload(source), payload(source)])
            with mutex:
                seqs[source] += numbers

    threads = [threading.Thread(target=work, args=(source,)) for source in "aabb"]
    for thread in threads:
        thread.start()
    sent: list[tuple[str, int]] = []
    while any(thread.is_alive() for thread in threads) or outbox.waiting():
        sent += drain(outbox)
    for source, numbers in seqs.items():
        assert sorted(numbers) == list(range(1, 201))
        assert [seq for who, seq in sent if who == source] == list(range(1, 201))
    outbox.close()


def test_whoever_is_told_of_new_events_cannot_undo_them(caplog: pytest.LogCaptureFixture):
    outbox = Outbox(None)
    outbox.on_change = lambda: 1 / 0
    assert outbox.append([payload()]) == [1]
    assert "ZeroDivisionError" in caplog.text
    outbox.close()


def test_closed_it_refuses():
    outbox = Outbox(None)
    outbox.close()
    with pytest.raises(OutboxUnavailableError):
        outbox.append([payload()])


class OutboxMachine(RuleBasedStateMachine):
    """Against a list: appending, sending, restarting; what is bounded away is the oldest."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "outbox.db"
        self.settings = OutboxSettings(max_events=100)
        self.outbox = Outbox(self.path, self.settings)
        self.last: dict[str, int] = {}
        self.rows: list[tuple[str, int, int]] = []
        self.lost = 0
        self.number = 0
        self.open: dict[str, int] = {}

    @rule(sources=st.lists(st.sampled_from("abc"), max_size=60), segment=st.booleans())
    def append(self, sources: list[str], segment: bool) -> None:
        payloads = []
        for source in sources:
            self.number += 1
            self.last[source] = self.last.get(source, 0) + 1
            self.rows.append((source, self.last[source], self.number))
            payloads.append(payload(source, "segment" if segment else "title", content=self.number))
            if segment:
                self.open.pop(source, None)
        expected = [row[1] for row in self.rows[len(self.rows) - len(sources) :]]
        assert self.outbox.append(payloads) == expected
        excess = max(0, len(self.rows) - 100)
        self.lost += excess
        del self.rows[:excess]

    @rule(source=st.sampled_from("abc"), content=st.none() | st.integers(0, 99))
    def checkpoint(self, source: str, content: int | None) -> None:
        self.outbox.checkpoint(
            source, None if content is None else payload(source, "segment", content=content)
        )
        self.open.pop(source, None)
        if content is not None:
            self.open[source] = content

    @precondition(lambda self: self.rows)
    @rule(count=st.integers(1, 20))
    def send(self, count: int) -> None:
        for _ in range(min(count, len(self.rows))):
            row = self.outbox.waiting()
            assert (row.source, row.seq, json.loads(row.text)["content"]) == self.rows.pop(0)
            self.outbox.sent(row.row_id)

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = Outbox(self.path, self.settings)
        found = self.outbox.interrupted()
        assert {payload["source"]: payload["content"] for payload in found} == self.open

    @invariant()
    def figures_agree(self) -> None:
        if hasattr(self, "outbox"):
            assert (self.outbox.depth, self.outbox.lost) == (len(self.rows), self.lost)
            assert {source: self.outbox.last_seq(source) for source in self.last} == self.last

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            self.folder.cleanup()


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = hypothesis_settings(max_examples=30, stateful_step_count=30, deadline=None)
