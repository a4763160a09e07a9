"""`streamgenre history`: what played when, its shares, and files of both."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import typer

from streamgenre.cli.help_page import HelpfulCommand, HelpfulGroup
from streamgenre.cli.history_options import (
    PICTURES,
    DatabaseOption,
    EventType,
    ExportFormat,
    GenreOption,
    JsonFormatOption,
    ListFormat,
    NodeOption,
    OutputOption,
    ReportFormat,
    ReportSinceOption,
    SinceOption,
    SourceOption,
    StatusOption,
    TypeOption,
    UntilOption,
    ZoneOption,
    chosen_format,
)
from streamgenre.errors import UsageError

EXAMPLES = """Examples:

streamgenre history list --since yesterday

streamgenre history list --genre jazz --since 7d --format csv

streamgenre history report --since 2026-11-01 --until 2026-11-30

streamgenre history export week.html --since 7d

streamgenre history export everything.ndjson
"""

app = typer.Typer(
    help="What played when, genre shares, dead air.", no_args_is_help=True, epilog=EXAMPLES, cls=HelpfulGroup
)


LIST_EXAMPLES = """Examples:

streamgenre history list --since yesterday

streamgenre history list --genre jazz --since 7d --format csv

streamgenre history list --type alarm --type title --limit 0 --json | jq '.[].time'
"""


@app.command("list", epilog=LIST_EXAMPLES, cls=HelpfulCommand)
def list_(  # noqa: PLR0913  # as many options as there are ways to ask
    *,
    source: SourceOption = None,
    node: NodeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    status: StatusOption = None,
    genre: GenreOption = None,
    type_: TypeOption = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="The newest so many; 0 for all.")
    ] = 100,
    form: Annotated[
        ListFormat | None, typer.Option("--format", help="How to print it.", show_default="table")
    ] = None,
    as_json: JsonFormatOption = False,
    time_zone: ZoneOption = None,
    database: DatabaseOption = None,
) -> None:
    """List what played when, earliest first: stretches, or other events with --type."""
    from streamgenre.cli.history_asking import asked, narrowed, opened
    from streamgenre.cli.history_output import write_list

    chosen = chosen_format(form, ListFormat.json, as_json=as_json) or ListFormat.table
    zone, query = asked(database, time_zone, since, until, node, source)
    query = replace(
        narrowed(query, status, genre, type_, [EventType.segment]), newest=limit + 1 if limit else None
    )
    with opened(database, query) as reader:
        rows = sorted([*reader.rows(query), *reader.going_on(query)])
    if not rows:
        _tell_range(database, zone)
    if limit and len(rows) > limit:
        rows = rows[-limit:]
        typer.echo(f"the newest {limit}; --limit 0 lists all", err=True)
    write_list(rows, chosen, zone)


REPORT_EXAMPLES = """Examples:

streamgenre history report

streamgenre history report --since 2026-11-01 --until 2026-11-30 --source bar

streamgenre history report --since 24h --json | jq .

streamgenre history report --format html --output week.html
"""


@app.command(epilog=REPORT_EXAMPLES, cls=HelpfulCommand)
def report(  # noqa: PLR0913
    *,
    source: SourceOption = None,
    node: NodeOption = None,
    since: ReportSinceOption = None,
    until: UntilOption = None,
    form: Annotated[
        ReportFormat | None, typer.Option("--format", help="How to write it.", show_default="table")
    ] = None,
    as_json: JsonFormatOption = False,
    output: OutputOption = None,
    time_zone: ZoneOption = None,
    database: DatabaseOption = None,
) -> None:
    """Sum up: shares of genres by day and hour, longest stretches, dead air."""
    from streamgenre.cli.history_asking import asked, reported
    from streamgenre.cli.history_output import report_parts, write
    from streamgenre.cli.history_screen import print_report
    from streamgenre.cli.tables import table_console

    chosen = chosen_format(form, ReportFormat.json, as_json=as_json) or ReportFormat.table
    if chosen == ReportFormat.png and output is None and sys.stdout.isatty():
        raise UsageError("a PNG is no text: name a file with --output")
    zone, query = asked(database, time_zone, since, until, node, source)
    made = reported(database, zone, query)
    if not any(one.total.followed_ms or one.alarms for one in made.sources):
        _tell_range(database, zone)
    if chosen == ReportFormat.table and output is None:
        print_report(table_console(), made)
    else:
        write(report_parts(made, chosen.value), output)


EXPORT_EXAMPLES = """Examples:

streamgenre history export everything.ndjson

streamgenre history export week.html --since 7d

streamgenre history export jazz.csv --genre jazz --time-zone Europe/Berlin
"""


@app.command(epilog=EXPORT_EXAMPLES, cls=HelpfulCommand)
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
    from streamgenre.cli.history_asking import asked, narrowed, opened, reported
    from streamgenre.cli.history_output import report_parts, row_parts, write

    chosen = form.value if form else _suffix(file)
    if chosen in PICTURES:
        made = reported(database, *asked(database, time_zone, since, until, node, source))
        write(report_parts(made, chosen), file)
        return
    every = [kind for kind in EventType if kind != EventType.all]
    zone, query = asked(database, time_zone, since, until, node, source)
    query = narrowed(query, status, genre, type_, [EventType.segment] if status or genre else every)
    with opened(database, query) as reader:
        write(row_parts(reader.rows(query), chosen, zone), file)


def _tell_range(database: Path | None, zone: tzinfo) -> None:
    """Say on stderr why nothing was found: the history begins later or ended before."""
    from streamgenre.cli.history_asking import covered

    typer.echo(
        f"Nothing of this was recorded. {covered(database, zone) or 'The history is empty.'}", err=True
    )


def _suffix(file: Path) -> str:
    suffix = {"jsonl": "ndjson", "htm": "html"}.get(file.suffix[1:].lower(), file.suffix[1:].lower())
    if suffix not in list(ExportFormat):
        raise UsageError(
            f"{file}: say --format, or end the name in {', '.join(f'.{one}' for one in ExportFormat)}"
        )
    return suffix
