"""`streamgenre devices`: what can be captured here."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict

import typer
from rich.table import Table

from streamgenre.cli.options import JsonAnswerOption
from streamgenre.cli.tables import literal, table_console

EXAMPLES = """Examples:

streamgenre devices

streamgenre devices --json
"""


def devices(*, json: JsonAnswerOption = False) -> None:
    """List capture devices and monitors, with the stable identity to give as SOURCE."""
    from streamgenre.capture.devices.device_list import list_devices

    found = list_devices()
    for note in found.notes:
        typer.echo(note, err=True)
    if json:
        typer.echo(json_format.dumps([asdict(device) for device in found.devices], ensure_ascii=False))
        return
    if not found.devices:
        typer.echo("No capture device and no monitor was found. Files, URLs and PCM work without.", err=True)
        return
    table = Table("SOURCE", "description", "channels", "rate", "default", box=None, header_style="bold")
    for device in found.devices:
        cells = (device.identity, device.description, str(device.channels), f"{device.sample_rate_hz} Hz")
        table.add_row(*map(literal, cells), "yes" if device.default else "")
    table_console().print(table)
