"""The dashboard of a daemon: a publisher that people look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console

from streamgenre.messages import Float32, Level
from streamgenre.publish.dashboard.board import Board
from streamgenre.publish.dashboard.wall import Wall
from streamgenre.publish.payload import Payload
from streamgenre.publish.publisher import SourceIdentity

STALE_SECONDS = 15.0
"""A state comes with every decision."""
METER_SECONDS = 0.1


class NodeDashboard:
    """A publisher (see publisher.py); one thread of its own draws and reads keys."""

    def __init__(
        self,
        console: Console,
        node: str,
        quit_: Callable[[], None],
        *,
        frames_per_second: float = 4.0,
    ) -> None:
        """`quit_`: called, by the thread that draws, when somebody ends it or the terminal is gone."""
        self._node = node
        self._board = Board(stale_seconds=STALE_SECONDS, watched=False)
        self._quit = quit_
        self._wall = Wall(console, self._board, self._gone, frames_per_second=frames_per_second)
        self._metered_at = 0.0
        self._started = False

    @property
    def broken(self) -> bool:
        """Whether it has given the terminal back by itself, and will not draw again."""
        return self._wall.failure is not None

    def start(self) -> None:
        """Take the terminal, unless it has been taken."""
        if not self._started:
            self._started = True
            self._wall.start()

    def starting(self, words: str) -> None:
        """Say what goes on before there are sources."""
        self._board.awaiting(words)

    def publish(self, payload: Payload) -> None:
        """Take the next message of any source."""
        self._board.tell(payload)

    def stop(self, timeout_seconds: float) -> None:  # noqa: ARG002  # it takes less than any
        """Give the terminal back."""
        self._wall.stop()

    def replace_sources(self, sources: Sequence[SourceIdentity]) -> None:
        """The configuration was read again: these are all there are, in this order."""
        self._board.name_sources({(self._node, source.id): source.name for source in sources})

    def wants_meter(self, source: str) -> bool:
        """Whether the source is in view, and its sound was not shown just now; any thread may ask."""
        if self._wall.in_view != (self._node, source):
            return False
        now = time.monotonic()
        if now - self._metered_at < METER_SECONDS:
            return False
        self._metered_at = now
        return True

    def meter(self, source: str, level: Level, rows: Float32 | None = None) -> None:
        """Show the level and the spectrum of this moment; `rows` is (bands,) or (frames, bands) float32."""
        self._board.meter((self._node, source), level, rows)

    def note(self, words: str | None) -> None:
        """Show a line at the foot, such as the newest line of the log."""
        self._board.note(words)

    def _gone(self) -> None:
        """A picture that broke is no reason to end what it showed."""
        if self._wall.failure is None:
            self._quit()
