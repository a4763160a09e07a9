"""What the engine offered and nobody took yet."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from streamgenre.messages import Diagnostics, Stamped, State
from streamgenre.publish.payload import is_event


@dataclass(slots=True)
class Offer:
    """One message of one source."""

    source: str
    stamped: Stamped
    first: Stamped | None = None
    """The state that began a run of states of which only the newest is left."""
    epoch: int | None = None
    """In a fleet: of who speaks for the source now; None: nobody else can."""
    number: int = 0
    """In a fleet: among the events of its source and epoch; of a state, that of the event before it."""
    severs: bool = False
    """Whether nobody speaks for the source after it: what was left open is closed first, as by a crash."""


class Offers:
    """A bounded queue in the order of offering, in which a state takes the place of the one before it.

    Only where no event of its source came between: what the event reflects stays in order.
    """

    def __init__(self, most_events: int) -> None:
        self._most_events = most_events
        self._queue: deque[Offer] = deque()
        self._newest: dict[tuple[str, type[State | Diagnostics]], Offer] = {}
        self._events = 0
        self._arrived = threading.Condition(threading.Lock())
        self._closed = False
        self.refused = 0
        """Events that found the queue full or closed."""

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def events(self) -> int:
        """Events among what is there."""
        return self._events

    def put(self, source: str, stamped: Stamped) -> None:
        """Take a message without waiting for anything but others who do the same."""
        self.add(Offer(source, stamped))

    def add(self, offer: Offer) -> bool:
        """Do the same with an offer; whether it was taken."""
        with self._arrived:
            event = is_event(offer.stamped.message)
            if self._closed or (event and self._events >= self._most_events):
                self.refused += event
                return False
            if event:
                self._add_event(offer)
            else:
                self._add_newest(offer)
            self._arrived.notify()
            return True

    def wait(self, timeout_seconds: float) -> None:
        """Return when something is there, when nothing more will be, or after this time."""
        with self._arrived:
            if not self._queue and not self._closed:
                self._arrived.wait(timeout_seconds)

    def take(self, most: int) -> list[Offer]:
        """Return the oldest that are there; may be none."""
        with self._arrived:
            return [self._take_one() for _ in range(min(most, len(self._queue)))]

    def events_wait(self) -> bool:
        """Whether an event is among what is there."""
        return self._events > 0

    def close(self) -> None:
        """Take nothing more; wake whoever waits."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()

    def _take_one(self) -> Offer:
        offer = self._queue.popleft()
        if is_event(offer.stamped.message):
            self._events -= 1
        elif self._newest.get(key := (offer.source, _kind(offer.stamped))) is offer:
            del self._newest[key]
        return offer

    def _add_event(self, offer: Offer) -> None:
        self._events += 1
        self._queue.append(offer)
        self._newest.pop((offer.source, State), None)
        self._newest.pop((offer.source, Diagnostics), None)

    def _add_newest(self, offer: Offer) -> None:
        key = (offer.source, _kind(offer.stamped))
        last = self._newest.get(key)
        if last is None or last.epoch != offer.epoch:
            self._newest[key] = offer
            self._queue.append(offer)
            return
        last.first = last.first or last.stamped
        last.stamped = offer.stamped


def _kind(stamped: Stamped) -> type[State | Diagnostics]:
    return State if isinstance(stamped.message, State) else Diagnostics
