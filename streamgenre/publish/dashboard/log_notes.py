"""Log lines while a dashboard has the terminal: at its foot, and those that matter again afterwards."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager

WARNINGS_KEPT = 50


class LogNotes(logging.Handler):
    """Shows the newest record as a note, and keeps the warnings."""

    def __init__(self, note: Callable[[str | None], None], given_back: Callable[[], bool]) -> None:
        """`given_back`: whether the terminal has been, so that records can be written to it again."""
        super().__init__()
        self._note = note
        self._given_back = given_back
        self.warnings: deque[logging.LogRecord] = deque(maxlen=WARNINGS_KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Replace the note."""
        if self._given_back():
            logging.getLogger().handle(record)
            return
        if record.levelno >= logging.WARNING:
            self.warnings.append(record)
        self._note(record.getMessage())


@contextmanager
def noting_logs(
    note: Callable[[str | None], None], broken: Callable[[], bool] = lambda: False
) -> Generator[None]:
    """Note our log lines, from before the dashboard begins until after its end.

    Where they would be written over the picture they are not; the warnings are when the block has ended.
    Once the dashboard is `broken` they are written as if there were none.
    """
    over_picture = sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()
    ours = logging.getLogger("streamgenre")
    handler = LogNotes(note, lambda: over_picture and broken())
    before = ours.propagate
    ours.addHandler(handler)
    ours.propagate = before and not over_picture
    try:
        yield
    finally:
        ours.propagate = before
        ours.removeHandler(handler)
        for record in handler.warnings if over_picture else ():
            logging.getLogger().handle(record)
