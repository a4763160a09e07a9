"""Stations of a TOML list, or of a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from streamgenre.config.document import Table
from streamgenre.config.problems import nearest, told
from streamgenre.config.table import BY_NAME, SOURCES
from streamgenre.fleet.stations.entry import Entry
from streamgenre.fleet.stations.list_file import ListFile
from streamgenre.fleet.stations.noting import NotedProblems
from streamgenre.fleet.stations.toml_pieces import Piece, pieces

ARRAYS = ("stations", "sources")


def toml_entries(file: ListFile, problems: NotedProblems) -> Iterator[Entry]:
    """Yield an entry a table of `[[stations]]` or `[[sources]]`, past what else a configuration has."""
    for piece in pieces(file.text):
        if piece.table is None:
            problems.note(piece.error_line, f"no TOML: {piece.error}")
            continue
        for name, value in piece.table.items():
            if name in ARRAYS:
                yield from _stations(piece, name, value, problems)
            elif name not in BY_NAME or not isinstance(value, dict):
                line = piece.lines_of_keys().get(name, piece.line)
                problems.note(line, _unknown(name, value))


def _stations(piece: Piece, name: str, value: object, problems: NotedProblems) -> Iterator[Entry]:
    if not isinstance(value, list):
        problems.note(piece.line, f"there may be several stations: write [[{name}]] before each")
        return
    tables = cast("list[object]", value)
    lines = piece.lines_of_keys()
    if name not in lines:  # a header, and not an array of inline tables
        yield Entry(piece.line, cast("Table", tables[0]), lines, texts=False)
        return
    begins = iter(piece.lines_of_inline_tables())
    for table in tables:
        line = next(begins, lines[name]) if isinstance(table, dict) else lines[name]
        if isinstance(table, dict):
            yield Entry(line, cast("Table", table), texts=False)
        else:
            problems.note(line, f"{name}: {told(table)} is no station: write [[{name}]] before each")


def _unknown(name: str, value: object) -> str:
    if isinstance(value, dict | list):
        return f"there is no section [{told(name)[1:-1]}]{nearest(name[:60], (*ARRAYS, *BY_NAME))}"
    known = [key.name for key in SOURCES.keys]
    hint = f"; write [[{ARRAYS[0]}]] before it" if name in known else nearest(name[:60], known)
    return f"{told(name)[1:-1]} belongs to no station{hint}"
