"""`streamgenre history`: what played when, its shares, and files of both."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.history_options import (
    PICTURES,
    DatabaseOption,
    EventType,
    ExportFormat,
    GenreOption,
    ListFormat,
    NodeOption,
    OutputOption,
    ReportFormat,
    SinceOption,
    SourceOption,
    Status,
    StatusOption,
    TypeOption,
    UntilOption,
    ZoneOption,
)
from streamgenre.cli.options import EVERYWHERE
from streamgenre.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
    from streamgenre.publish.history_report import HistoryReport

EXAMPLES = """Examples:

streamgenre history list --since yesterday

streamgenre history list --genre jazz --since 7d --format csv

streamgenre history report --since 2026-11-01 --until 2026-11-30

streamgenre history export week.html --since 7d

streamgenre history export everything.ndjson
"""

app = typer.Typer(
    help="What played when, genre shares, dead air.", no_args_is_help=True, epilog=f"{EXAMPLES}\n{EVERYWHERE}"
)


@app.command("list", epilog=EVERYWHERE)
def list_(  # noqa: PLR0913  # as many options as there are ways to ask
    *,
    source: SourceOption = None,
    node: NodeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    status: StatusOption = None,
    genre: GenreOption = None,
    type_: TypeOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="The newest so many; 0 for all.")] = 100,
    form: Annotated[ListFormat, typer.Option("--format", help="How to print it.")] = ListFormat.table,
    time_zone: ZoneOption = None,
    database: DatabaseOption = None,
) -> None:
    """List what played when, earliest first: stretches, or other events with --type."""
    from streamgenre.cli.history_output import write_list

    zone, query = _asked(time_zone, since, until, node, source)
    query = replace(
        _narrowed(query, status, genre, type_, [EventType.segment]), newest=limit + 1 if limit else None
    )
    with _reader(database, query) as reader:
        rows = sorted([*reader.rows(query), *reader.going_on(query)])
    if limit and len(rows) > limit:
        rows = rows[-limit:]
        typer.echo(f"the newest {limit}; --limit 0 lists all", err=True)
    write_list(rows, form, zone)


@app.command(epilog=EVERYWHERE)
def report(  # noqa: PLR0913
    *,
    source: SourceOption = None,
    node: NodeOption = None,
    since: SinceOption = "7d",
    until: UntilOption = None,
    form: Annotated[ReportFormat, typer.Option("--format", help="How to write it.")] = ReportFormat.table,
    output: OutputOption = None,
    time_zone: ZoneOption = None,
    database: DatabaseOption = None,
) -> None:
    """Sum up: shares of genres by day and hour, longest stretches, dead air."""
    from streamgenre.cli.history_output import report_parts, write
    from streamgenre.cli.history_tables import print_report
    from streamgenre.cli.tables import table_console

    if form == ReportFormat.png and output is None and sys.stdout.isatty():
        raise UsageError("a PNG is no text: name a file with --output")
    made = _report(database, *_asked(time_zone, since, until, node, source))
    if form == ReportFormat.table and output is None:
        print_report(table_console(), made)
    else:
        write(report_parts(made, form.value), output)


@app.command(epilog=EVERYWHERE)
def export(  # noqa: PLR0913
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its suffix says the format.")],
    *,
    source: SourceOption = None,
    node: NodeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    status: StatusOption = None,
    genre: GenreOption = None,
    type_: TypeOption = None,
    form: Annotated[ExportFormat | None, typer.Option("--format", help="Whatever the suffix.")] = None,
    time_zone: ZoneOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write all events as CSV, JSON or NDJSON, or a report as HTML, SVG or PNG (of 7 days, unless told)."""
    from streamgenre.cli.history_output import report_parts, row_parts, write

    chosen = form.value if form else _suffix(file)
    if chosen in PICTURES:
        made = _report(database, *_asked(time_zone, since or "7d", until, node, source))
        write(report_parts(made, chosen), file)
        return
    every = [kind for kind in EventType if kind != EventType.all]
    zone, query = _asked(time_zone, since, until, node, source)
    query = _narrowed(query, status, genre, type_, [EventType.segment] if status or genre else every)
    with _reader(database, query) as reader:
        write(row_parts(reader.rows(query), chosen, zone), file)


def _asked(
    time_zone: str | None,
    since: str | None,
    until: str | None,
    nodes: list[str] | None,
    sources: list[str] | None,
) -> tuple[tzinfo, HistoryQuery]:
    from streamgenre.publish.history_file import milliseconds
    from streamgenre.publish.history_reader import HistoryQuery
    from streamgenre.publish.history_zone import moment
    from streamgenre.publish.history_zone import time_zone as named_zone

    zone, now = named_zone(time_zone), datetime.now(UTC)
    start = milliseconds(moment(since, zone, now)) if since else None
    end = milliseconds(moment(until, zone, now, at_end=True)) if until else None
    if start is not None and start >= (milliseconds(now) if end is None else end):
        raise UsageError(f"--since {since} is not before {f'--until {until}' if until else 'now'}")
    return zone, HistoryQuery(since_ms=start, until_ms=end, nodes=nodes or (), sources=sources or ())


def _narrowed(
    query: HistoryQuery,
    status: Status | None,
    genre: str | None,
    types: list[EventType] | None,
    otherwise: list[EventType],
) -> HistoryQuery:
    kinds = types or otherwise
    if EventType.all in kinds:
        kinds = [kind for kind in EventType if kind != EventType.all]
    if (status or genre) and kinds != [EventType.segment]:
        raise UsageError("--status and --genre are of stretches: leave --type out")
    names = tuple(dict.fromkeys(kind.value for kind in kinds))
    return replace(
        query, types=names, status=status.value if status else None, genre=genre.lower() if genre else None
    )


def _reader(database: Path | None, query: HistoryQuery) -> HistoryReader:
    from streamgenre.publish.history_path import history_to_read
    from streamgenre.publish.history_reader import HistoryReader

    path = database or _configured() or history_to_read()
    reader = HistoryReader(path)
    known = reader.sources()
    if known and not reader.asked_for(query):
        names = ", ".join(f"{node}/{source}" for node, source in known)
        raise UsageError(f"{path}: no such node or source; it holds {names}")
    return reader


def _configured() -> Path | None:
    """Return where the configuration puts it; one that is absent or bad says nothing."""
    from streamgenre.config import default_config_path, load_settings

    with suppress(ConfigurationError, OSError):
        path = default_config_path()
        settings = load_settings(path, os.environ) if path.exists() else None
        return settings.history.path if settings and settings.history else None
    return None


def _report(database: Path | None, zone: tzinfo, query: HistoryQuery) -> HistoryReport:
    from streamgenre.publish.history_file import milliseconds
    from streamgenre.publish.history_report import report as summed_up

    if query.until_ms is None:
        query = replace(query, until_ms=milliseconds(datetime.now(UTC)))
    with _reader(database, query) as reader:
        return summed_up(reader, query, zone)


def _suffix(file: Path) -> str:
    suffix = {"jsonl": "ndjson", "htm": "html"}.get(file.suffix[1:].lower(), file.suffix[1:].lower())
    if suffix not in list(ExportFormat):
        raise UsageError(
            f"{file}: say --format, or end the name in {', '.join(f'.{one}' for one in ExportFormat)}"
        )
    return suffix
