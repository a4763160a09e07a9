"""Events on their way from the outbox to the broker: one at a time, or their order would not hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

from streamgenre.backoff import Backoff
from streamgenre.publish.broker_trouble import TOO_LARGE
from streamgenre.publish.mqtt_message import Outgoing
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.outbox_row import OutboxRow
from streamgenre.publish.payload import SCHEMA

LOOK_AGAIN_SECONDS = 5.0
"""The disk may be readable again without anybody telling."""


class EventQueue(Protocol):
    """What is asked of the outbox."""

    def waiting(self) -> OutboxRow | None:
        """Return the oldest event that was not sent."""
        ...

    def sent(self, row_id: int) -> None:
        """Note that this event, the oldest, has arrived."""
        ...

    def give_up(self, row_id: int) -> None:
        """Note that this event, the oldest, can never arrive."""
        ...


class EventLane:
    """Outlives connections: an event whose answer was lost with one goes over the next again, marked late."""

    def __init__(self, queue: EventQueue, topics: Topics, models: Mapping[str, str]) -> None:
        self._queue = queue
        self._topics = topics
        self._models = models
        self._tried: int | None = None
        """Row that was given to a connection last."""
        self._row: OutboxRow | None = None
        """In flight."""
        self._token = 0
        self._look_at = -math.inf
        self._not_before = -math.inf
        self._pauses = Backoff()

    def name_models(self, models: Mapping[str, str]) -> None:
        """Sources have other models now."""
        self._models = models

    def look(self) -> None:
        """There may be an event; any thread may say so."""
        self._look_at = -math.inf

    def next_look(self) -> float:
        """Return when next() may find one, monotonic; infinity while one is in flight."""
        return math.inf if self._row is not None else max(self._look_at, self._not_before)

    def next(self, now: float) -> Outgoing | None:
        """Return the next event if none is in flight; it is, until it is answered."""
        if now < self.next_look():
            return None
        self._look_at = now + LOOK_AGAIN_SECONDS
        row = self._queue.waiting()
        if row is None:
            return None
        again = row.row_id == self._tried
        self._row, self._tried = row, row.row_id
        names = (
            ("node", self._topics.node),
            ("schema", str(SCHEMA)),
            ("model", self._models.get(row.source, "")),
        )
        return Outgoing(self._topics.of(row.source, "event"), row.wording(again=again), properties=names)

    def given(self, token: int) -> None:
        """Note under which number it went."""
        self._token = token

    def answered(self, token: int, refusal: int | None, now: float) -> bool:
        """Whether it was about the event in flight; a refused one is tried again after a growing pause.

        One that is too large would hold up all others for ever: it is given up.
        """
        if self._row is None or token != self._token:
            return False
        if refusal is None:
            self._queue.sent(self._row.row_id)
            self._pauses.reset()
        elif refusal == TOO_LARGE:
            self._queue.give_up(self._row.row_id)
        else:
            self._not_before = now + self._pauses.next_pause_seconds()
        self._row = None
        self._look_at = -math.inf
        return True

    def disconnected(self) -> None:
        """Nothing is in flight any more."""
        self._row = None
        self._look_at = -math.inf
