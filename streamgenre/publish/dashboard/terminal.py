"""The dashboard of one source on a real terminal, which is left as it was found."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType

from streamgenre.messages import Float32, Level, Message
from streamgenre.publish.dashboard.ending_signals import turn_signals_into_exits
from streamgenre.publish.dashboard.help_page import help_page
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.part import Part
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.screen import Foot, Lines, render
from streamgenre.publish.dashboard.stage import Stage
from streamgenre.publish.dashboard.summary import summary
from streamgenre.publish.dashboard.view import DashboardView


def can_show(console: Console) -> bool:
    """Whether the console is a terminal that can be drawn on."""
    return console.is_terminal and not console.is_dumb_terminal and _leads_to_a_terminal(console)


def can_show_here() -> bool:
    """Whether stdout is such a terminal."""
    return can_show(Console())


def _leads_to_a_terminal(console: Console) -> bool:
    """Ask the system: FORCE_COLOR makes rich call every pipe a terminal."""
    try:
        return os.isatty(console.file.fileno())
    except (OSError, ValueError):
        return False


class Dashboard:
    """Follows one source on the alternate screen while its block runs.

    Fed from any thread; a thread of its own draws and reads keys. Ctrl-C, SIGTERM, SIGHUP and
    SIGQUIT leave the block as exceptions, and so does the key q, as Ctrl-C.
    """

    def __init__(
        self,
        console: Console,
        node: str,
        source: str,
        model: str | None = None,
        *,
        parts: Sequence[Part] = (),
        frames_per_second: float = 5.0,
        mel_column_seconds: float = 0.1,
    ) -> None:
        """Name what will be shown; nothing is drawn before the block is entered.

        `parts`: what is known beforehand of what will be played.
        """
        self._console = console
        self._view = DashboardView(node, source, model, parts=parts, mel_column_seconds=mel_column_seconds)
        self._frames_per_second = frames_per_second
        self._stage: Stage | None = None
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        play = OneSource(self._view)
        with ExitStack() as undo:
            turn_signals_into_exits(undo)
            stage = Stage(self._console, play, interrupt, frames_per_second=self._frames_per_second)
            undo.callback(stage.close)
            stage.open()
            self._stage = stage
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()
        if self._stage and self._stage.failure:
            words = f"streamgenre: the dashboard broke: {self._stage.failure!r}; report it"
            self._console.print(words, markup=False, highlight=False)

    def update(self, message: Message, latency_ms: float | None = None) -> None:
        """Show what a message says; `latency_ms` is from the end of its audio to now."""
        self._view.update(message, latency_ms)

    def meter(self, level: Level, mel_row: Float32 | None = None) -> None:
        """Show the level and the spectrum, (bands,) or (rows, bands), of the next `mel_column_seconds`."""
        self._view.meter(level, mel_row)

    def note(self, words: str | None) -> None:
        """Show a line of the caller's own at the foot."""
        self._view.note(words)

    def summary(self) -> RenderableType:
        """Say in a few lines what was heard, for the terminal after the end."""
        return summary(self._view.picture(), self._console.width, Look.of(self._console))


class OneSource:
    """What is shown of one source, and what its keys do."""

    def __init__(self, view: DashboardView) -> None:
        self._view = view
        self._held: Picture | None = None
        self._helping = False

    def draw(self, width: int, height: int, look: Look) -> Lines:
        if self._helping:
            return help_page(width, height, look, many=False)
        keys = "? help  Ctrl-C ends" if width >= 60 else "Ctrl-C ends"
        if self._held is None:
            return render(self._view.picture(), width, height, look, Foot(keys))
        urgent = "the picture stands still; Space lets it go on"
        return render(self._held, width, height, look, Foot(keys, urgent))

    def press(self, key: str) -> None:
        if key == "q":
            interrupt()
        elif self._helping or key in {"?", "f1"}:
            self._helping = not self._helping
        elif key == "space":
            self._held = replace(self._view.picture(), note=None) if self._held is None else None


def interrupt() -> None:
    """Do what Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)
