"""Log lines for people at a terminal."""

from __future__ import annotations

import logging
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamgenre.logs.entry import Entry

_STYLES = ((logging.ERROR, "bold red"), (logging.WARNING, "yellow"), (logging.INFO, "green"))


class TerminalLines:
    """Makes them: time, level and what is told, folded under its own beginning."""

    def __init__(self, *, debug: bool) -> None:
        self._console = Console(stderr=True)
        self._debug = debug

    def __call__(self, entry: Entry) -> str:
        row = Table.grid(padding=(0, 1))
        style = next((style for least, style in _STYLES if entry.level >= least), "dim")
        when = datetime.fromtimestamp(entry.time).astimezone().strftime("%H:%M:%S")
        told = Text("\n".join(entry.lines), overflow="fold")
        if self._debug:
            told.append(f"  ({entry.logger})", "dim")
        row.add_row(Text(when, "dim"), Text(f"{entry.level_name:8}", style), told)
        with self._console.capture() as captured:
            self._console.print(row)
        return captured.get()
