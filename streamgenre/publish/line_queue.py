"""What waits to be written: events for as long as possible, states while there is room."""

from __future__ import annotations

from collections import deque

from streamgenre.publish.payload import Payload

_Numbered = tuple[int, Payload]


class LineQueue:
    """Gives back in the order of coming. Not safe for threads by itself."""

    def __init__(self, most_states: int, most_events: int) -> None:
        self._most_events = most_events
        self._states: deque[_Numbered] = deque(maxlen=most_states)
        self._events: deque[_Numbered] = deque()
        self._count = 0
        self.states_dropped = 0
        """States and accounts that newer ones displaced."""
        self.events_refused = 0
        """Events that found no room."""

    def __len__(self) -> int:
        return len(self._states) + len(self._events)

    def put(self, payload: Payload) -> None:
        """Take a message."""
        self._count += 1
        if payload["type"] in ("state", "diagnostics"):
            self.states_dropped += len(self._states) == self._states.maxlen
            self._states.append((self._count, payload))
        elif len(self._events) >= self._most_events:
            self.events_refused += 1
        else:
            self._events.append((self._count, payload))

    def take(self, most: int) -> list[Payload]:
        """Return the oldest that are there; may be none."""
        return [self._oldest().popleft()[1] for _ in range(min(most, len(self)))]

    def _oldest(self) -> deque[_Numbered]:
        if not self._states or not self._events:
            return self._states or self._events
        return min(self._states, self._events, key=lambda queue: queue[0][0])
