"""What is shown live: only while somebody asks for it, and never more than a few times a second."""

from __future__ import annotations

import math

from streamgenre.publish.payload import Payload

LIVE_SECONDS = 0.25
"""Between two messages of a source."""


class LiveSlot:
    """The latest live payload of one source, under its lease. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._lease_until = -math.inf
        self._latest: Payload | None = None
        self._sent_at = -math.inf

    def lease(self, seconds: float, now: float) -> None:
        """Somebody looks for so long from now; a shorter wish does not end a longer one, 0 ends all."""
        self._lease_until = max(self._lease_until, now + seconds) if seconds else -math.inf
        self._latest = self._latest if seconds else None

    def wanted(self, now: float) -> bool:
        """Whether the lease is fresh."""
        return now < self._lease_until

    def offer(self, payload: Payload, now: float) -> None:
        """Take it if anybody looks."""
        if self.wanted(now):
            self._latest = payload

    def due(self) -> float:
        """Return when the latest may be sent; infinity: there is none."""
        return math.inf if self._latest is None else self._sent_at + LIVE_SECONDS

    def take(self, now: float) -> Payload | None:
        """Return the latest, once; None where nobody looks any more."""
        latest, self._latest, self._sent_at = self._latest, None, now
        return latest if self.wanted(now) else None
