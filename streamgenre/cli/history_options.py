"""What may be asked of the history, as options of its commands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from streamgenre.errors import UsageError


class Status(StrEnum):
    """What a source can be heard as."""

    no_signal = "no_signal"
    silence = "silence"
    music = "music"
    speech = "speech"
    noise = "noise"
    unknown = "unknown"


class EventType(StrEnum):
    """Kinds of rows."""

    segment = "segment"
    title_ = "title"
    source = "source"
    alarm = "alarm"
    change = "change"
    all = "all"


class ListFormat(StrEnum):
    """How rows are written."""

    table = "table"
    json = "json"
    csv = "csv"


class ReportFormat(StrEnum):
    """How a report is written."""

    table = "table"
    json = "json"
    csv = "csv"
    html = "html"
    svg = "svg"
    png = "png"


class ExportFormat(StrEnum):
    """What a file may be: rows as csv, json, ndjson; a report as html, svg, png."""

    csv = "csv"
    json = "json"
    ndjson = "ndjson"
    html = "html"
    svg = "svg"
    png = "png"


Format = TypeVar("Format", ListFormat, ReportFormat)


def chosen_format(stated: Format | None, json: Format, *, as_json: bool) -> Format | None:
    """Return what --format and --json together say; None: nothing. Raises UsageError."""
    if as_json and stated not in (None, json):
        raise UsageError(f"--json and --format {stated.value}: say one of them")
    return json if as_json else stated


PICTURES = ("html", "svg", "png")
TIMES = "24h, 7d, yesterday, 2026-11-20, '2026-11-20 14:30'"

DatabaseOption = Annotated[
    Path | None,
    typer.Option(
        "--database",
        metavar="PATH",
        show_default=False,
        help="The daemon's file; by default where it is kept.",
    ),
]
SourceOption = Annotated[
    list[str] | None, typer.Option("--source", help="This source, or NODE/SOURCE; may be repeated.")
]
NodeOption = Annotated[list[str] | None, typer.Option("--node", help="This node; may be repeated.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="TIME", help=f"{TIMES}.")]
ReportSinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help=f"{TIMES}.", show_default="7d before the end"),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Likewise; a day alone is included.")
]
ZoneOption = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Like Europe/Berlin or UTC; by default the machine's."),
]
JsonFormatOption = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Instead of stdout.", show_default=False)
]
TypeOption = Annotated[list[EventType] | None, typer.Option("--type", help="Kinds of rows; may be repeated.")]
StatusOption = Annotated[Status | None, typer.Option("--status", help="Stretches of this status.")]
GenreOption = Annotated[str | None, typer.Option("--genre", help="Stretches of this genre.")]
