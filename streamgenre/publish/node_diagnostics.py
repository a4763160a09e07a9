"""The accounts of all sources of a node in one payload, as one retained topic needs them."""

from __future__ import annotations

import math
import time

from streamgenre.publish.payload import SCHEMA, Payload
from streamgenre.version import __version__

EVERY_SECONDS = 60.0
MOST_SOURCES = 1000
"""Accounts in one message, the newest: brokers and readers bound its size."""
SETTLE_SECONDS = 1.0
"""The first message of a connection waits so long for the other sources."""
BEGAN = time.monotonic()
"""The program imports this as it starts."""


class NodeDiagnostics:
    """Keeps the latest of each source; at most one message a minute. Times are monotonic seconds."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._sources: dict[str, Payload] = {}
        self._configuration_error: str | None = None
        self._due = math.inf
        self._sent_at = -math.inf

    def offer(self, payload: Payload, now: float) -> None:
        """Take a source's latest."""
        self._sources[payload["source"]] = payload
        self._due = min(self._due, max(now + SETTLE_SECONDS, self._sent_at + EVERY_SECONDS))

    def refused(self, error: str | None, now: float) -> None:
        """Take why the newest configuration is not in force; None: it is."""
        if error != self._configuration_error:
            self._configuration_error = error
            self._due = min(self._due, now)

    def remove(self, source: str) -> None:
        """A source has left the configuration."""
        self._sources.pop(source, None)

    def connected(self) -> None:
        """What the broker retains may be older, or nothing."""
        self._sent_at = -math.inf
        self._due = -math.inf if self._sources else math.inf

    def due(self) -> float:
        """Return when to send; infinity: there is nothing new."""
        return self._due

    def take(self, now: float, *, waiting: int, lost: int) -> Payload:
        """Return the payload, its time that of the latest account; it counts as sent."""
        self._due, self._sent_at = math.inf, now
        accounts = list(self._sources.values())
        left_out = max(0, len(accounts) - MOST_SOURCES)
        if left_out:
            accounts = sorted(accounts, key=lambda account: str(account["time"]))[left_out:]
        return {
            "schema": SCHEMA,
            "type": "diagnostics",
            "node": self._node,
            "time": max((account["time"] for account in accounts), default=None),
            "events_waiting": waiting,
            "events_lost": lost,
            "configuration_error": self._configuration_error,
            "version": __version__,
            "uptime_seconds": round(max(0.0, now - BEGAN), 3),
            "sources": accounts,
        } | ({"sources_left_out": left_out} if left_out else {})
