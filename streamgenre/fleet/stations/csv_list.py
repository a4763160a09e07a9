"""Stations of a CSV file, as a spreadsheet or a script writes it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from streamgenre.config.kinds import Number
from streamgenre.config.table import SOURCES
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.stations.csv_columns import column_key, columns_of
from streamgenre.fleet.stations.entry import Entry
from streamgenre.fleet.stations.list_file import ListFile
from streamgenre.fleet.stations.noting import NotedProblems

SEPARATORS = ",;\t|"
MOST_LINES = 100
"""Of one row; a quote that is not closed would swallow the whole file."""
_TOLD_SEPARATOR = re.compile(r"(?i)\"?sep=([,;\t|])\"?\s*")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_NUMBERS = frozenset(key.name for key in SOURCES.keys if isinstance(key.kind, Number))


def csv_entries(file: ListFile, problems: NotedProblems) -> Iterator[Entry]:
    """Yield an entry a row; the first row names the columns."""
    lines = file.lines
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    said = _TOLD_SEPARATOR.fullmatch(lines[first])
    first += bool(said)
    separator = said[1] if said else separator_of("".join(lines[first : first + 1]))
    rows = _rows(lines, first, separator, problems)
    header_line, header = next(rows, (first + 1, []))
    columns = columns_of(header, header_line, problems)
    if "source" not in columns:
        raise ConfigurationError(
            f"{file.where}:{header_line}: no column is called source (or url, stream, address); "
            "begin the list with a line that names its columns, such as: id,name,source"
        )
    for line, cells in rows:
        if _fits(line, cells, columns, separator, problems):
            yield Entry(line, _values(columns, cells, separator))


def separator_of(header: str) -> str:
    """Return what separates the columns of the first line: what makes the most columns of known names."""

    def known(separator: str) -> tuple[int, int]:
        cells = _cells(header, separator)
        return sum(column_key(cell) is not None for cell in cells), len(cells)

    return max(SEPARATORS, key=known)


def names_source(header: str) -> bool:
    """Tell whether a first line names the column that a list cannot do without."""
    return "source" in map(column_key, _cells(header, separator_of(header)))


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a cell without an end
        return []


def _rows(
    lines: list[str], first: int, separator: str, problems: NotedProblems
) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each row that has any; after a broken one, its second line is read anew."""
    at = first
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        line = at + 1
        most = MOST_LINES if '"' in lines[at] else 1
        reader = csv.reader((f"{text}\n" for text in lines[at : at + most]), delimiter=separator, strict=True)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except csv.Error as error:
            problems.note(
                line, f"no row of CSV: {error}; a quote is closed, and one within quotes written twice"
            )
            at += 1
            continue
        at += reader.line_num
        if any(cells):
            yield line, cells


def _fits(
    line: int, cells: list[str], columns: list[str | None], separator: str, problems: NotedProblems
) -> bool:
    """Tell whether a row has as many cells as there are columns, empty ones at its end aside."""
    if len(cells) >= len(columns) and not any(cells[len(columns) :]):
        return True
    shown = "a tab" if separator == "\t" else separator
    missing = len(cells) < len(columns)
    hint = (
        "an empty one still has its separator" if missing else f"a text with {shown} in it stands in quotes"
    )
    problems.note(line, f"{len(cells)} cells where the header has {len(columns)}; {hint}")
    return False


def _values(columns: list[str | None], cells: list[str], separator: str) -> dict[str, object]:
    """Return what the cells of a row say; an empty one says nothing."""
    said = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
    if "name" in said:
        said["name"] = re.sub(r"[\t\n]+", " ", said["name"])
    if separator != ",":
        for name in _NUMBERS & said.keys():
            if _DECIMAL_COMMA.fullmatch(said[name]):
                said[name] = said[name].replace(",", ".")
    return dict(said)
