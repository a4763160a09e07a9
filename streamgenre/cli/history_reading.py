"""Reading many rows with a bar on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from streamgenre.cli.progress import progress
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader, HistoryRow

CHUNK = 1000
FEW = 50_000
"""So many rows are read before anybody has seen a bar."""


class WatchedReader(HistoryReader):
    """Shows on stderr how many rows have come, where there are many and a terminal to see it."""

    def rows(self, query: HistoryQuery) -> Iterator[HistoryRow]:
        """Yield rows, earliest first."""
        rows = super().rows(query)
        total = 0 if query.reason or query.newest else self.count(query)
        if total > FEW:
            for _ in progress(range(total // CHUNK), total // CHUNK, "thousands of rows"):
                yield from islice(rows, CHUNK)
        yield from rows
