"""Histories for tests, written the way the daemon writes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from streamgenre.publish.history import HistoryPublisher
from streamgenre.settings import HistorySettings


def write_history(path: Path, payloads: Iterable[dict[str, Any]], **settings: Any) -> Path:
    """Write a history with these messages."""
    publisher = HistoryPublisher(HistorySettings(path=path, **settings))
    publisher.start()
    for payload in payloads:
        publisher.publish(payload)
    publisher.stop(120)
    assert (publisher.depth, publisher.lost, publisher.trouble) == (0, 0, None)
    return path


def eventually(holds: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)
