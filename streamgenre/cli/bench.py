"""`streamgenre bench`: this machine's figures, beside those of the peers that are installed."""

from __future__ import annotations

import json as json_format
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.options import JsonAnswerOption
from streamgenre.errors import UsageError

if TYPE_CHECKING:
    from streamgenre.bench.effort import Effort
    from streamgenre.bench.report import Report

EXAMPLES = """Examples:

streamgenre bench

streamgenre bench --quick

streamgenre bench front-end inference --rounds 15

streamgenre bench --json | jq '.rows[] | select(.met == false)'
"""

SOME_FAILED = 1
LEAST_ROUNDS = 3
COLUMNS = ("what", "unit", "ours", "beside", "theirs", "ratio", "quartiles", "n", "goal", "met")
_TO_THE_RIGHT = {"ours", "theirs", "ratio", "quartiles", "n", "goal"}


def bench(
    sections: Annotated[
        list[str] | None,
        typer.Argument(metavar="SECTION", help="What to measure; all of it when none is named."),
    ] = None,
    *,
    json: JsonAnswerOption = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="A glance: shows that everything runs, figures are rough.")
    ] = False,
    rounds: Annotated[
        int | None,
        typer.Option(
            "--rounds", metavar="N", min=LEAST_ROUNDS, show_default="9", help="Turns each way is timed."
        ),
    ] = None,
) -> None:
    """Measure this machine: minutes of work, one thread, best left undisturbed.

    Sections: front-end, accuracy, inference, pipeline, files, limits, streams, start, memory, idle.
    Figures of others come from what is installed beside; `make bench` installs them.
    """
    from streamgenre.bench.effort import FULL, QUICK
    from streamgenre.bench.sections import SECTIONS

    unknown = sorted(set(sections or ()) - set(SECTIONS))
    if unknown:
        raise UsageError(f"no section is called {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    effort = QUICK if quick else FULL
    if rounds:
        effort = replace(effort, rounds=rounds, processes=rounds)
    chosen = [name for name in SECTIONS if not sections or name in sections]
    report = _measured(chosen, effort, quick=quick)
    if json:
        typer.echo(json_format.dumps(report.payload(), ensure_ascii=False))
    else:
        _show(report)
    if report.failed:
        raise typer.Exit(SOME_FAILED)


def _measured(sections: list[str], effort: Effort, *, quick: bool) -> Report:
    from streamgenre.bench.machine import versions
    from streamgenre.bench.report import Report
    from streamgenre.bench.worker import examine_machine, run_section
    from streamgenre.cli.progress import progress

    machine = examine_machine(effort)
    found = (run_section(section, effort) for section in sections)
    rows = tuple(row for part in progress(found, len(sections), "measuring") for row in part)
    return Report(machine, versions(), effort.rounds, quick, rows)


def _show(report: Report) -> None:
    from rich.table import Table

    from streamgenre.bench.report import by_section, cells, machine_line, notes, versions_line
    from streamgenre.cli.tables import literal, table_console

    console = table_console()
    console.print(literal(machine_line(report)))
    console.print(literal(versions_line(report)))
    for section, rows in by_section(report.rows):
        table = Table(title=f"\n{section}", title_justify="left", box=None, header_style="bold")
        for name in COLUMNS:
            table.add_column(name, justify="right" if name in _TO_THE_RIGHT else "left")
        for row in rows:
            style = {None: "", True: "green", False: "bold red"}[row.met]
            table.add_row(*(literal(cell, style) for cell in cells(row)))
        console.print(table)
        for note in notes(rows):
            console.print(literal(f"  {note}", "dim"))
