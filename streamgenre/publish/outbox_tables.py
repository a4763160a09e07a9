"""What one transaction does to the outbox's tables, and to the figures kept beside them in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from streamgenre.publish.outbox_row import OutboxRow
from streamgenre.publish.outbox_salvage import write_numbers
from streamgenre.publish.payload import Payload, to_json
from streamgenre.settings import OutboxSettings

_CLOCK_WAS_SET = 1_767_225_600.0
"""2026-01-01: before it, a machine had not yet been told the time."""


@dataclass(frozen=True, slots=True)
class Instant:
    """Now, by both clocks."""

    monotonic: float
    """Seconds; means something within one run."""
    utc: float
    """Seconds since 1970, by a clock that may be set at any moment."""


@dataclass(slots=True)
class Figures:
    """What the tables hold; true as soon as, and only if, the transaction is committed."""

    run: int = 1
    """Which opening of the file this is."""
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    """The last of each source."""
    next_row: int = 1
    waiting: int = 0
    """Events."""
    waiting_bytes: int = 0
    """Their payloads, in UTF-8."""
    lost: int = 0
    """Events dropped unsent, for their age, number or size, since the file was made."""
    given_up: int = 0
    """Of them, those that no broker takes, in this run."""

    @property
    def dropped(self) -> int:
        """Of the lost, those for which there was no room or time."""
        return self.lost - self.given_up

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """Read them, for a run after the last one that wrote."""
        counters = dict(connection.execute("SELECT name, value FROM counters"))
        waiting, size, last = connection.execute(
            "SELECT count(*), coalesce(sum(length(CAST(text AS BLOB))), 0), coalesce(max(row_id), 0)"
            " FROM events"
        ).fetchone()
        numbers = dict(connection.execute("SELECT source, seq FROM numbers"))
        return cls(counters.get("runs", 0) + 1, numbers, last + 1, waiting, size, counters.get("lost", 0))

    def copy(self) -> Figures:
        """Return what a transaction may change and throw away."""
        return replace(self, numbers=self.numbers.copy())


def add_events(
    connection: sqlite3.Connection, figures: Figures, payloads: Sequence[Payload], now: Instant, *, keep: bool
) -> list[int]:
    """Number the events and, where they are kept, store them; a segment is no longer open."""
    seqs: list[int] = []
    rows: list[tuple[Any, ...]] = []
    for payload in payloads:
        source: str = payload["source"]
        seq = figures.numbers[source] = figures.numbers.get(source, 0) + 1
        seqs.append(seq)
        if keep:
            text = to_json(payload | {"seq": seq})
            rows.append((figures.next_row, source, seq, figures.run, now.utc, now.monotonic, text))
            figures.next_row += 1
            figures.waiting += 1
            figures.waiting_bytes += len(text.encode())
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    changed = {payload["source"] for payload in payloads}
    write_numbers(connection, {source: figures.numbers[source] for source in changed})
    ended = {payload["source"] for payload in payloads if payload["type"] == "segment"}
    connection.executemany("DELETE FROM open_segments WHERE source = ?", ((source,) for source in ended))
    _count(connection, "runs", figures.run)
    return seqs


def keep_highest(connection: sqlite3.Connection, figures: Figures, numbers: Mapping[str, int]) -> None:
    """Raise the numbers to those known beside the file."""
    higher = {source: seq for source, seq in numbers.items() if seq > figures.numbers.get(source, 0)}
    write_numbers(connection, higher)
    figures.numbers |= higher


def store_open(connection: sqlite3.Connection, open_segments: Mapping[str, Payload | None]) -> None:
    """Replace what would be told of each source if the process ended now."""
    for source, payload in open_segments.items():
        if payload is None:
            connection.execute("DELETE FROM open_segments WHERE source = ?", (source,))
        else:
            row = (source, to_json(payload))
            connection.execute("INSERT OR REPLACE INTO open_segments VALUES (?, ?)", row)


def store_remembered(connection: sqlite3.Connection, values: Mapping[tuple[str, str], Any]) -> None:
    """Replace what is kept of sources over restarts."""
    rows = ((*place, to_json(value)) for place, value in values.items())
    connection.executemany("INSERT OR REPLACE INTO remembered VALUES (?, ?, ?)", rows)


def read_open(connection: sqlite3.Connection) -> list[Payload]:
    """Return what was open when the last process ended."""
    rows = connection.execute("SELECT text FROM open_segments ORDER BY source")
    return [json.loads(text) for (text,) in rows]


def read_remembered(connection: sqlite3.Connection) -> dict[tuple[str, str], Any]:
    """Return what is kept of sources over restarts."""
    rows = connection.execute("SELECT source, key, value FROM remembered")
    return {(source, key): json.loads(value) for source, key, value in rows}


def drop_sent(connection: sqlite3.Connection, figures: Figures, row_id: int) -> None:
    """Remove the rows up to this one: they were sent in order."""
    count, size = connection.execute(
        "SELECT count(*), coalesce(sum(length(CAST(text AS BLOB))), 0) FROM events WHERE row_id <= ?",
        (row_id,),
    ).fetchone()
    if count:
        connection.execute("DELETE FROM events WHERE row_id <= ?", (row_id,))
        figures.waiting -= count
        figures.waiting_bytes -= size


def drop_excess(
    connection: sqlite3.Connection, figures: Figures, settings: OutboxSettings, now: Instant
) -> None:
    """Remove the oldest rows while there are too many, or they are too old; count them as lost."""
    last, dropped = 0, 0
    for row_id, run, committed_at, committed_monotonic, size in connection.execute(
        "SELECT row_id, run, committed_at, committed_monotonic, length(CAST(text AS BLOB))"
        " FROM events ORDER BY row_id"
    ):
        this_run = run == figures.run
        age = now.monotonic - committed_monotonic if this_run else _age_over_restarts(committed_at, now)
        too_many = figures.waiting > settings.max_events or figures.waiting_bytes > settings.max_bytes
        if not too_many and age <= settings.max_age_seconds:
            break
        last, dropped = row_id, dropped + 1
        figures.waiting -= 1
        figures.waiting_bytes -= size
    if dropped:
        figures.lost += dropped
        connection.execute("DELETE FROM events WHERE row_id <= ?", (last,))
        _count(connection, "lost", figures.lost)


def oldest(
    connection: sqlite3.Connection, after: int, run: int, now: Instant, late_seconds: float
) -> OutboxRow | None:
    """Return the first row behind this one."""
    found = connection.execute(
        "SELECT row_id, source, seq, text, run, committed_monotonic FROM events"
        " WHERE row_id > ? ORDER BY row_id LIMIT 1",
        (after,),
    ).fetchone()
    if found is None:
        return None
    row_id, source, seq, text, row_run, committed_monotonic = found
    late = row_run != run or now.monotonic - committed_monotonic > late_seconds
    return OutboxRow(row_id, source, seq, text, late)


def give_up(connection: sqlite3.Connection, figures: Figures) -> None:
    """Count one more event as lost."""
    figures.lost += 1
    figures.given_up += 1
    _count(connection, "lost", figures.lost)


def _age_over_restarts(committed_at: float, now: Instant) -> float:
    """Zero where the clock was wrong at either end: a date must not throw events away."""
    return max(0.0, now.utc - committed_at) if committed_at > _CLOCK_WAS_SET else 0.0


def _count(connection: sqlite3.Connection, name: str, value: int) -> None:
    connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))
