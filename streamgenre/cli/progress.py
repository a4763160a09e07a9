"""What takes long says so on stderr, and is silent where that is no terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

T = TypeVar("T")
PATIENCE_SECONDS = 0.5
"""What is over by then was no waiting."""


def progress(
    items: Iterable[T], total: int, what: str, *, before: int = 0, aside: Callable[[], str] = str
) -> Iterator[T]:
    """Yield the items, showing how many have come; making them is the work, so that Ctrl-C ends the bar.

    before: how many had come earlier; aside: what there is to say beside, now.
    """
    with _bar(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task(what + aside(), total=total, completed=before)
        for item in items:
            yield item
            bar.update(task, advance=1, description=what + aside())


@contextmanager
def waiting(what: str) -> Generator[None]:
    """Show what is waited for, and for how long by now, while the block runs."""
    bar = _bar(SpinnerColumn(), TimeElapsedColumn())
    bar.add_task(what, total=None)
    soon = threading.Timer(PATIENCE_SECONDS, bar.start)
    soon.daemon = True
    soon.start()
    try:
        yield
    finally:
        soon.cancel()
        soon.join()
        bar.stop()


def waiting_for_each(items: Iterable[T], what: str) -> Iterator[T]:
    """Yield the items; while the next one is not there, show what is waited for."""
    coming = iter(items)
    while True:
        with waiting(what):
            try:
                item = next(coming)
            except StopIteration:
                return
        yield item


def _bar(
    *columns: BarColumn | SpinnerColumn | MofNCompleteColumn | TimeElapsedColumn | TimeRemainingColumn,
) -> Progress:
    """Make one; stdout is left alone, for it may go elsewhere."""
    console = Console(stderr=True)
    shown = sys.stderr.isatty() and console.is_terminal and not console.is_dumb_terminal
    text = TextColumn("{task.description}", markup=False)
    return Progress(text, *columns, console=console, disable=not shown, transient=True, redirect_stdout=False)
