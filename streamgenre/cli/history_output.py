"""Writing rows and reports of the history in each format."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from pathlib import Path

from rich.console import Console

from streamgenre.cli.history_options import ListFormat
from streamgenre.cli.history_screen import print_report
from streamgenre.cli.history_tables import print_rows
from streamgenre.cli.output_file import output_file, require_writable
from streamgenre.cli.progress import waiting
from streamgenre.cli.tables import PLENTY, table_console
from streamgenre.publish.history_chart import chart
from streamgenre.publish.history_csv import events_csv, report_csv
from streamgenre.publish.history_html import page
from streamgenre.publish.history_reader import HistoryRow
from streamgenre.publish.history_report import HistoryReport, to_object
from streamgenre.publish.payload import to_json


def write_list(rows: list[HistoryRow], form: ListFormat, zone: tzinfo) -> None:
    """Write rows to stdout."""
    if form == ListFormat.table:
        print_rows(table_console(), rows, zone)
    else:
        write(row_parts(rows, form.value, zone), None)


def row_parts(rows: Iterable[HistoryRow], form: str, zone: tzinfo) -> Iterator[bytes]:
    """Yield the rows as csv, ndjson or one JSON array."""
    if form == "csv":
        yield from (line.encode() for line in events_csv(rows, zone))
    elif form == "ndjson":
        yield from (f"{row.text}\n".encode() for row in rows)
    else:
        first = True
        for row in rows:
            yield f"{'[' if first else ', '}{row.text}".encode()
            first = False
        yield b"[]\n" if first else b"]\n"


def report_parts(made: HistoryReport, form: str) -> Iterator[bytes]:
    """Yield the report as table, json, csv, html, svg or png."""
    if form == "csv":
        yield from (line.encode() for line in report_csv(made))
    elif form == "html":
        yield from (part.encode() for part in page(made))
    elif form == "json":
        yield f"{to_json(to_object(made))}\n".encode()
    elif form == "table":
        out = io.StringIO()
        print_report(Console(file=out, width=PLENTY), made)
        yield out.getvalue().encode()
    else:
        with waiting("drawing"):
            drawn = chart(made, "svg" if form == "svg" else "png")
        yield drawn


def write(parts: Iterable[bytes], output: Path | None) -> None:
    """Write to a file, whole or not at all, or to stdout."""
    if output is None:
        sys.stdout.flush()
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
        return
    require_writable(output)
    with output_file(output) as file:
        for part in parts:
            file.buffer.write(part)
