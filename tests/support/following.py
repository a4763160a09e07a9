"""A session on a real source, on a thread of its own; what it tells can be waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self, TypeVar

from streamgenre.capture.open_source import open_source
from streamgenre.messages import Diagnostics, SourceChange, State
from streamgenre.session import Session
from streamgenre.settings import SessionSettings
from tests.support.fake_model import FakeModel
from tests.support.simulation import assert_reconciled

PATIENCE_SECONDS = 60.0
NOTICED_SECONDS = 5.0
BUSY_SECONDS = 10.0
"""What a busy machine may add."""
Kind = TypeVar("Kind")


class Following(AbstractContextManager["Following"]):
    """Follows a SOURCE with a small model until the block is left; then the accounts must be whole."""

    def __init__(self, source: str) -> None:
        self.session = Session(lambda: open_source(source), FakeModel(), SessionSettings())
        self.messages: list[object] = []
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.session.stop()
        self._thread.join(PATIENCE_SECONDS)
        if kind is None:
            assert not self._thread.is_alive()
            assert_reconciled(self.of(Diagnostics))
            assert self.of(Diagnostics)[-1].accounts.pending == 0

    @property
    def states(self) -> list[str]:
        return [change.state for change in self.of(SourceChange)]

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [message for message in list(self.messages) if isinstance(message, kind)]

    def until(self, happened: Callable[[], object]) -> None:
        """Wait until it has happened."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < give_up, (self.states, self.of(SourceChange)[-1:], self.failure)
            time.sleep(0.01)

    def until_state(self, *states: str) -> None:
        """Wait until these states, and no others, have been told in this order.

        `stalled` is passed over: a busy machine may keep samples for two seconds.
        """

        def told() -> list[str]:
            apart = [state for state in self.states if state != "stalled"]
            return [state for before, state in zip([None, *apart], apart, strict=False) if state != before]

        self.until(lambda: len(told()) >= len(states))
        assert told()[: len(states)] == list(states)

    def noticed(self) -> None:
        """Wait until it is known that something is wrong; not longer than it may take."""
        began = time.monotonic()
        self.until(lambda: self.states[-1] in {"stalled", "reconnecting"})
        assert time.monotonic() - began <= NOTICED_SECONDS + BUSY_SECONDS

    def until_music(self, times: int = 1) -> None:
        """Wait for so many more decisions that it is music."""
        before = len(self.of(State))
        self.until(lambda: sum(state.status == "music" for state in self.of(State)[before:]) >= times)

    def _run(self) -> None:
        try:
            for stamped in self.session:
                self.messages.append(stamped.message)
        except BaseException as error:  # noqa: BLE001  # told where the test waits
            self.failure = error
