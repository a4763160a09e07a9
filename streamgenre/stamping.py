"""Messages leave the pipeline in seconds of audio; here they get the time of day and their latency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamgenre.clock import Clock
from streamgenre.messages import Message, Stamped, State


class Stamper:
    """Of one source."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._arrived_at = clock.monotonic()
        self.decided_at: float | None = None
        """When the last decision about samples was made; None: never."""

    def heard(self, arrived_at: float) -> None:
        """Note when the newest samples arrived, by the clock."""
        self._arrived_at = arrived_at

    def stamp(self, messages: Iterable[Message]) -> Iterator[Stamped]:
        """Yield each as soon as it is made."""
        for message in messages:
            now = self._clock.monotonic()
            waiting = isinstance(message, State) and message.status == "no_signal"
            if isinstance(message, State) and not waiting:
                self.decided_at = now
            latency_ms = None if waiting else (now - self._arrived_at) * 1000
            yield Stamped(message, self._clock.utc_now(), latency_ms)
