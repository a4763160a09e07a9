"""Which of a source's states are worth a message, and when."""

from __future__ import annotations

import math

from streamgenre.publish.payload import Payload

CONFIDENCE_STEP = 0.1
CONFIDENCE_SECONDS = 1.0
HEARTBEATS_UNTIL_STALE = 3


class StateSlot:
    """Keeps the latest state of one source; what is overtaken is never sent. Times are monotonic seconds.

    A change of status, genre, stability or active alarms is due at once; one of confidence by a tenth at
    most once a second; anything newer at the heartbeat. A state is never sent twice over one connection:
    a source that says nothing new grows stale, and says so.
    """

    def __init__(self, heartbeat_seconds: float) -> None:
        self._heartbeat_seconds = heartbeat_seconds
        self._latest: Payload | None = None
        self._latest_at = -math.inf
        self._sent: Payload | None = None
        self._sent_at = -math.inf

    @property
    def known(self) -> bool:
        """Whether there was a state yet."""
        return self._latest is not None

    def offer(self, payload: Payload, now: float) -> None:
        """Take a newer state."""
        self._latest, self._latest_at = payload, now

    def connected(self) -> None:
        """A new connection: what the broker retains may be another state, or none."""
        self._sent, self._sent_at = None, -math.inf

    def due(self) -> float:
        """Return when the latest is to be sent; infinity: there is nothing new."""
        latest, sent = self._latest, self._sent
        if latest is None or latest is sent:
            return math.inf
        if sent is None or _belief(latest) != _belief(sent):
            return self._latest_at
        if _moved(latest["confidence"], sent["confidence"]):
            return self._sent_at + CONFIDENCE_SECONDS
        return self._sent_at + self._heartbeat_seconds

    def take(self, now: float) -> tuple[Payload, int] | None:
        """Return the latest, and for how many more seconds it may stand; None where that is over.

        Either way it counts as sent.
        """
        latest, self._sent, self._sent_at = self._latest, self._latest, now
        stands = HEARTBEATS_UNTIL_STALE * self._heartbeat_seconds - (now - self._latest_at)
        return None if latest is None or stands <= 0 else (latest, math.ceil(stands))


def _belief(payload: Payload) -> tuple[object, ...]:
    return payload["status"], payload["genre"], payload["stability"], payload.get("alarms")


def _moved(confidence: float | None, before: float | None) -> bool:
    if confidence is None or before is None:
        return confidence is not before
    return round(abs(confidence - before), 4) >= CONFIDENCE_STEP
