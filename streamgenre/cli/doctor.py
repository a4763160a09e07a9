"""`streamgenre doctor`: what is right on this machine, and the remedy for what is not."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict

import typer
from rich.console import Console
from rich.text import Text

from streamgenre.cli.options import JsonOption, ModelOption

EXAMPLES = """Examples:

streamgenre doctor

streamgenre doctor --json
"""

FAILED = 1
STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def doctor(*, model: ModelOption = "genre", json: JsonOption = False) -> None:
    """Examine devices, decoder, model, kernels, disk and clock; a line each, with the remedy."""
    from streamgenre.doctor import examine

    checks = examine(model)
    if json:
        typer.echo(json_format.dumps([asdict(check) for check in checks], ensure_ascii=False))
    else:
        console = Console(soft_wrap=True)
        for check in checks:
            line = Text.assemble(
                (f"{check.verdict:8}", STYLES[check.verdict]), f"{check.name:9} {check.found}"
            )
            if check.remedy:
                line.append(f"\n{'':8} {'':8} → {check.remedy}")
            console.print(line)
    if any(check.verdict == "failed" for check in checks):
        raise typer.Exit(FAILED)
