"""What a report is written on: how wide it is, which signs and colours it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from streamgenre.cli.tables import PLENTY
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.palette import BOLD, DIM, fill_style, genre_style
from streamgenre.publish.history_colours import OTHER, shown_as
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_letters import is_status, letters
from streamgenre.publish.history_text import brief, printable, spoken

LEAST, UNCOUNTED, MOST = 24, 100, 200
WIDE = 132
"""Columns at which two parts stand side by side."""
ROOMY = 72
"""Columns at which a table has room for whole dates."""
GAP = 2
"""Columns between two columns of a table."""
ASCII_WORDS = str.maketrans({"–": "-", "·": "-", "×": "x", "…": "...", "→": ">"})
FIGURES = ("length", "followed", "in all", "longest", "music", "speech", "silent")


@dataclass(frozen=True, slots=True)
class Paper:
    """One terminal, pipe or file, and what is drawn on it."""

    look: Look
    width: int
    """Columns to be used for what is drawn."""
    cut: bool
    """Words too long for a line are cut; where nobody counts columns they are not."""
    shown: list[str] = field(default_factory=list[str])
    """The labels that have a sign of their own."""
    signs: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, console: Console, shown: Iterable[str] = ()) -> Paper:
        look = Look.of(console)
        counted = console.width < PLENTY
        width = max(LEAST, min(console.width, MOST)) if counted else UNCOUNTED
        labels = list(shown)
        return cls(look, width, counted, labels, letters(labels, unicode=look.unicode))

    def narrower(self, width: int) -> Paper:
        return replace(self, width=width)

    @property
    def wide(self) -> bool:
        return self.width >= WIDE

    @property
    def roomy(self) -> bool:
        return self.width >= ROOMY

    def say(self, words: str) -> str:
        """Return words as this paper can hold them."""
        shown = brief(words) if self.cut else printable(words)
        if self.look.unicode:
            return shown
        return shown.translate(ASCII_WORDS).encode("ascii", "replace").decode()

    def text(self, words: str, style: Style | str = "") -> Text:
        return Text(self.say(words), style=style)

    def heading(self, words: str) -> Text:
        """Name a part of the report."""
        return self.text(words, BOLD)

    def label(self, label: str) -> str:
        """Return a genre or status as words."""
        return self.say(spoken(label))

    def sign(self, label: str) -> str:
        """Return the sign of a label; one that is not shown has that of `other`."""
        return self.signs[shown_as(label, self.shown)]

    def field_style(self, label: str) -> Style:
        """Return how a stretch is filled: a genre with its colour, a status with signs alone."""
        label = shown_as(label, self.shown)
        if is_status(label):
            return DIM
        return Style.null() if self.look.depth == "none" or label == OTHER else fill_style(label, self.look)

    def bar_style(self, label: str) -> Style:
        """Return how a bar is drawn."""
        label = shown_as(label, self.shown)
        return Style.null() if is_status(label) or label == OTHER else genre_style(label, self.look)

    def swatch(self, label: str) -> Text:
        """Return the sign of a label as the ribbon shows it."""
        return Text(f" {self.sign(label)} ", style=self.field_style(label))

    def when(self, ms: int, zone: tzinfo) -> str:
        """Return a date and time, short where there is little room."""
        return f"{at_zone(ms, zone):{'%Y-%m-%d %H:%M:%S' if self.roomy else '%m-%d %H:%M:%S'}}"

    def table(self, *headings: str) -> Table:
        """Return a table without lines."""
        table = Table(box=None, header_style="dim", pad_edge=False)
        for heading in headings:
            table.add_column(
                self.say(heading),
                no_wrap=True,
                overflow="ellipsis" if self.look.unicode else "crop",
                justify="right" if heading in FIGURES else "left",
            )
        return table

    def settled(self, table: Table) -> Table:
        """Let the last column alone yield where the table is too wide."""
        if self.cut:
            taken = [max(map(cell_len, map(str, column.cells)), default=0) for column in table.columns[:-1]]
            table.columns[-1].max_width = max(4, self.width - sum(taken) - GAP * len(taken))
        return table
