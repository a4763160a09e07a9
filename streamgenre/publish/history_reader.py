"""Reading the history: rows of some kinds, sources and times, in the order in which they began."""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType

from streamgenre.publish.history_file import SourceKey
from streamgenre.publish.history_opening import open_to_read, unreadable
from streamgenre.publish.payload import Payload

LONGEST_ALARM_MS = 31 * 86_400_000
END_OF_TIME_MS = 2**62


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which rows are wanted; what is None or empty excludes nothing."""

    types: Sequence[str] = ("segment",)
    since_ms: int | None = None
    """Rows that ended after this."""
    until_ms: int | None = None
    """Rows that began before this."""
    nodes: Sequence[str] = ()
    sources: Sequence[str] = ()
    """Their ids, or node/id."""
    status: str | None = None
    genre: str | None = None
    reason: str | None = None
    """Why a stretch ended."""
    newest: int | None = None
    """No more than so many, the newest."""


@dataclass(frozen=True, slots=True, order=True)
class HistoryRow:
    """One event, or with `going_on` the last state of a stretch that has not ended."""

    start_ms: int
    """Since 1970, UTC."""
    row_id: int
    end_ms: int = field(compare=False)
    text: str = field(compare=False)
    """The payload as it was published."""
    going_on: bool = field(default=False, compare=False)

    @property
    def payload(self) -> Payload:
        return json.loads(self.text)


class HistoryReader(AbstractContextManager["HistoryReader"]):
    """Shows the history of one moment; never writes, never holds up the daemon.

    Raises HistoryUnreadableError where the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_to_read(path)
        self._execute("BEGIN", ())  # what is written meanwhile must not be seen by half

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def sources(self) -> list[SourceKey]:
        """Return node and id of all sources there are rows of."""
        return [(node, source) for _, node, source in self._known()]

    def asked_for(self, query: HistoryQuery) -> list[SourceKey]:
        """Return those of them that the query is about."""
        ids = self._source_ids(query)
        return [(node, source) for one, node, source in self._known() if ids is None or one in ids]

    def rows(self, query: HistoryQuery) -> Iterator[HistoryRow]:
        """Yield rows, earliest first, read as they are taken unless only the newest are wanted."""
        selected = self._selections(query)
        try:
            if query.newest is None:
                yield from heapq.merge(*(self._select(part, "ASC") for part in selected))
            else:
                newest = heapq.merge(*(self._select(part, "DESC") for part in selected), reverse=True)
                yield from reversed(list(islice(newest, query.newest)))
        except sqlite3.Error as error:
            raise unreadable(self._path, error) from error

    def going_on(self, query: HistoryQuery) -> list[HistoryRow]:
        """Return the stretches that have not ended, as far as they were noted."""
        query_text = "SELECT start_ms, source_id, end_ms, text FROM open_stretches"
        ids = self._source_ids(query)
        rows = [
            HistoryRow(start, -source_id, end, text, going_on=True)
            for start, source_id, end, text in self._execute(query_text, ())
            if ids is None or source_id in ids
        ]
        return sorted(row for row in rows if _asked_for(row, query))

    def first_start(self, query: HistoryQuery) -> int | None:
        """Return when the first stretch of the sources asked for began; None: there is none."""
        ids = self._source_ids(query)
        known = [source_id for source_id, _, _ in self._known()] if ids is None else ids
        statement = "SELECT min(start_ms) FROM events WHERE source_id = ? AND type = 'segment'"
        found = [self._execute(statement, (one,)).fetchone()[0] for one in known]
        return min((start for start in found if start is not None), default=None)

    def covers(self) -> tuple[int, int] | None:
        """Return from when to when there are stretches, those that go on included; None: there are none."""
        statement = (
            "SELECT end_ms FROM events WHERE source_id = ? AND type = 'segment'"
            " ORDER BY start_ms DESC LIMIT 1"
        )
        found = [self._execute(statement, (source_id,)).fetchone() for source_id, _, _ in self._known()]
        going_on = self.going_on(HistoryQuery())
        starts = [self.first_start(HistoryQuery()), *(row.start_ms for row in going_on)]
        ends = [*(row[0] for row in found if row), *(row.end_ms for row in going_on)]
        known = [start for start in starts if start is not None]
        return (min(known), max(ends)) if known else None

    def count(self, query: HistoryQuery) -> int:
        """Return how many rows there are, those that go on not counted."""
        return sum(
            self._execute(f"SELECT count(*) FROM ({statement})", values).fetchone()[0]  # noqa: S608  # ours
            for statement, values in self._selections(query)
        )

    def plans(self, query: HistoryQuery) -> list[str]:
        """Return how SQLite would find the rows."""
        return [
            step[3]
            for statement, values in self._selections(query)
            for step in self._execute(f"EXPLAIN QUERY PLAN {statement} DESC", values)
        ]

    def _selections(self, query: HistoryQuery) -> list[tuple[str, list[str | int]]]:
        """Return a statement for each kind and source: each is answered in order by one index."""
        ids = self._source_ids(query)
        parts: list[tuple[str, list[str | int]]] = []
        for kind in query.types:
            since = self._earliest_start(kind, query, ids)
            parts += [
                _statement(kind, query, since, source_id) for source_id in ([None] if ids is None else ids)
            ]
        return parts

    def _select(self, part: tuple[str, list[str | int]], order: str) -> Iterator[HistoryRow]:
        statement, values = part
        yield from (HistoryRow(*row) for row in self._execute(f"{statement} {order}, row_id {order}", values))

    def _earliest_start(self, kind: str, query: HistoryQuery, ids: list[int] | None) -> int | None:
        """Return when the earliest row can have begun that reaches into the time asked for."""
        if query.since_ms is None or kind not in ("segment", "alarm"):
            return query.since_ms
        if kind == "alarm":
            return query.since_ms - LONGEST_ALARM_MS
        known = [source_id for source_id, _, _ in self._known()] if ids is None else ids
        statement = (
            "SELECT start_ms FROM events WHERE source_id = ? AND type = ? AND start_ms < ?"
            " ORDER BY start_ms DESC LIMIT 1"
        )
        found = [self._execute(statement, (one, kind, query.since_ms)).fetchone() for one in known]
        return min([row[0] for row in found if row], default=query.since_ms)

    def _source_ids(self, query: HistoryQuery) -> list[int] | None:
        """Return the sources asked for, None where all are."""
        if not query.nodes and not query.sources:
            return None
        return [
            source_id
            for source_id, node, source in self._known()
            if (not query.nodes or node in query.nodes)
            and (not query.sources or not {source, f"{node}/{source}"}.isdisjoint(query.sources))
        ]

    def _known(self) -> list[tuple[int, str, str]]:
        return self._execute(
            "SELECT source_id, node, source FROM sources ORDER BY node, source", ()
        ).fetchall()

    def _execute(self, statement: str, values: Sequence[str | int]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise unreadable(self._path, error) from error


def _statement(
    kind: str, query: HistoryQuery, since_ms: int | None, source_id: int | None
) -> tuple[str, list[str | int]]:
    conditions: list[tuple[str, str | int | None]] = [
        ("source_id = ?", source_id),
        ("start_ms >= ?", since_ms),
        ("end_ms > ?" if kind in ("segment", "alarm") else "end_ms >= ?", query.since_ms),
        ("start_ms < ?", query.until_ms),
    ]
    if kind == "segment":
        conditions += [
            ("status = ?", query.status),
            ("genre = ?", query.genre),
            ("json_extract(text, '$.reason') = ?", query.reason),
        ]
    asked = [(text, value) for text, value in conditions if value is not None]
    where = " AND ".join([f"type = '{kind}'", *(text for text, _ in asked)])
    values = [value for _, value in asked]
    return f"SELECT start_ms, row_id, end_ms, text FROM events WHERE {where} ORDER BY start_ms", values  # noqa: S608  # our own words


def _asked_for(row: HistoryRow, query: HistoryQuery) -> bool:
    state = row.payload
    return (
        "segment" in query.types
        and (query.since_ms is None or row.end_ms > query.since_ms)
        and (query.until_ms is None or row.start_ms < query.until_ms)
        and query.status in (None, state["status"])
        and query.genre in (None, state["genre"])
        and query.reason is None
    )
