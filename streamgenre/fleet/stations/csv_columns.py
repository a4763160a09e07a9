"""What the columns of a CSV list are called."""

from __future__ import annotations

import re

from streamgenre.config.problems import nearest, told
from streamgenre.config.table import SOURCES
from streamgenre.fleet.stations.noting import NotedProblems

_ALIASES = {"url": "source", "stream": "source", "address": "source", "station": "name", "title": "name"}
_KEYS = {key.name: key.name for key in SOURCES.keys} | _ALIASES
_LONGEST_WORD = 60


def column_key(cell: str) -> str | None:
    """Return the key that a column is; None: it is none that is known."""
    return _KEYS.get(re.sub(r"[\s-]+", "_", cell.strip().lower()))


def columns_of(header: list[str], line: int, problems: NotedProblems) -> list[str | None]:
    """Return the key of each column; None: the column is not read, which is told unless it has no name."""
    columns: list[str | None] = []
    for cell in _without_end(header):
        key = column_key(cell)
        if cell and key is None:
            near = nearest(cell[:_LONGEST_WORD], _KEYS)
            problems.note(line, f"column {told(cell)} is no key and is not read{near}")
        elif key in columns and key:
            problems.note(line, f"column {told(cell)} is not read: another one is the {key}, too")
            key = None
        columns.append(key)
    return columns


def _without_end(cells: list[str]) -> list[str]:
    """Return the cells up to the last that is not empty."""
    return cells[: max((number for number, cell in enumerate(cells, start=1) if cell), default=0)]
