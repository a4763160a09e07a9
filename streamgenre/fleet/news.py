"""What a process of the fleet said of late, for whoever follows it from another."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

KEPT = 1000


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One line of the log."""

    number: int
    """When it was said, in microseconds since 1970; no two have the same."""
    level: int
    """As logging counts them."""
    text: str


class News(logging.Handler):
    """Keeps the last lines at warning and info."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._items: deque[NewsItem] = deque(maxlen=KEPT)
        self._last = 0
        self._lock = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line."""
        with self._lock:
            self._last = max(self._last + 1, moment())
            self._items.append(NewsItem(self._last, record.levelno, record.getMessage()))

    def after(self, number: int) -> list[NewsItem]:
        """Return the lines after this one, or after this moment."""
        with self._lock:
            return [item for item in self._items if item.number > number]


def moment() -> int:
    """Return the number that a line said now would have."""
    return time.time_ns() // 1000
