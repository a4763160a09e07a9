"""`streamgenre doctor`: what is right on this machine, and the remedy for what is not."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamgenre.cli.options import JsonAnswerOption, installed_models, password_file

if TYPE_CHECKING:
    from streamgenre.doctor import Check

EXAMPLES = """Examples:

streamgenre doctor

streamgenre doctor --config /etc/streamgenre/streamgenre.toml

streamgenre doctor --mqtt mqtts://bar@broker.example

streamgenre doctor --json > for-support.json
"""

FAILED = 1
STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}
NAME_CELLS = 14
"""Of names that are longer, the findings stand further right."""


def doctor(
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="FILE", help="Examine this configuration; default: that of `run`."
        ),
    ] = None,
    mqtt: Annotated[
        str | None,
        typer.Option("--mqtt", metavar="URL", help="Examine this broker, not that of the configuration."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="Examine this model; default: those of the configuration.",
            autocompletion=installed_models,
        ),
    ] = None,
    json: JsonAnswerOption = False,
) -> None:
    """Examine machine, configuration, model, broker, files, service and sources; each with its remedy."""
    from streamgenre.cli.progress import waiting_for_each
    from streamgenre.doctor import examine
    from streamgenre.settings import MqttSettings

    broker = MqttSettings(mqtt, password_file=password_file()) if mqtt else None
    lines = None if json else _Lines()
    checks: list[Check] = []
    for check in waiting_for_each(examine(model, config=config, mqtt=broker), "examining"):
        checks.append(check)
        if lines:
            lines.show(check)
    if json:
        typer.echo(json_format.dumps([asdict(check) for check in checks], ensure_ascii=False))
    if any(check.verdict == "failed" for check in checks):
        raise typer.Exit(FAILED)


class _Lines:
    """Prints each finding as it is made: folded on a terminal, else on one line."""

    def __init__(self) -> None:
        self._console = Console(soft_wrap=True)

    def show(self, check: Check) -> None:
        head = f"{check.name:{NAME_CELLS}}"
        told = [check.found, *([f"→ {check.remedy}"] if check.remedy else [])]
        if not self._console.is_terminal:
            indent = "\n" + " " * (9 + NAME_CELLS + 1)
            self._console.print(Text(f"{check.verdict:8} {head} {indent.join(told)}"))
            return
        row = Table.grid(padding=(0, 1))
        row.add_column(width=8)
        row.add_column(width=max(NAME_CELLS, len(check.name)))
        row.add_column(overflow="fold")
        row.add_row(Text(check.verdict, STYLES[check.verdict]), head, Text("\n".join(told)))
        self._console.print(row, soft_wrap=False)
