"""The daemon's first start takes long, and says so while it does."""

from __future__ import annotations

import logging
import threading
from typing import Any

from streamgenre.daemon import warm_up

MODEL: Any = object()


class Waiting(logging.Handler):
    """Lets a thread wait for a line."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("getting ready; the first start compiles"):
            self.told.set()


def test_what_takes_long_is_told_while_it_does(monkeypatch):
    handler = Waiting()
    found: list[bool] = []
    monkeypatch.setattr(warm_up, "TOLD_SECONDS", 0.01)
    monkeypatch.setattr(warm_up, "decide_once", lambda _model: found.append(handler.told.wait(60)))
    monkeypatch.setattr(warm_up.log, "level", logging.INFO)
    warm_up.log.addHandler(handler)
    try:
        warm_up.warm_up([MODEL])
    finally:
        warm_up.log.removeHandler(handler)
    assert found == [True]
