"""Writing the rows of `classify`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamgenre.cli.output_file import output_file
from streamgenre.cli.tables import PLENTY, literal, table_console
from streamgenre.publish.classification import to_csv
from streamgenre.publish.payload import Payload, to_json


def write(rows: list[Payload], form: str, output: Path | None, *, timeline: bool) -> None:
    """Write the rows as table, json or csv to a file or to stdout."""
    if form == "table":
        _write_table(rows, output, timeline=timeline)
        return
    text = to_csv(rows) if form == "csv" else to_json(rows) + "\n"
    if output:
        with output_file(output) as file:
            file.write(text)
    else:
        sys.stdout.write(text)


def _write_table(rows: list[Payload], output: Path | None, *, timeline: bool) -> None:
    table = Table("file", "says", "confidence", "then", "length", box=None, header_style="bold")
    for row in rows:
        table.add_row(*_cells(row))
        if timeline:
            for segment in row["segments"]:
                table.add_row(*_stretch_cells(segment))
    if output:
        with output_file(output) as file:
            Console(file=file, width=PLENTY).print(table)
    else:
        table_console().print(table)


def _cells(row: Payload) -> list[Text]:
    if row["error"]:
        return [literal(row["path"]), literal(row["error"], "red"), Text(), Text(), Text()]
    says = Text(row["genre"] or row["status"], style="bold" if row["genre"] else "")
    if row.get("reason"):
        says.append(f" ({row['reason']})", style="dim")
    others = [f"{other['label']} {other['p']:.0%}" for other in row["top"][1:3]] if row["genre"] else []
    return [
        literal(row["path"]),
        says,
        Text(_percent(row["confidence"])),
        Text(", ".join(others)),
        Text(_length(row)),
    ]


def _stretch_cells(segment: Payload) -> list[Text]:
    span = f"  {_clock(segment['start_seconds'])}–{_clock(segment['end_seconds'])}"
    says = segment["genre"] or segment["status"]
    return [Text(span, style="dim"), Text(says), Text(_percent(segment["mean_confidence"])), Text(), Text()]


def _percent(p: float | None) -> str:
    return "" if p is None else f"{p:.0%}"


def _length(row: Payload) -> str:
    return _clock(row["seconds"]) + (" (short)" if row["short"] else "")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
