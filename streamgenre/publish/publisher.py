"""What every publisher is: told each message in order, never waiting, never raising."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from streamgenre.publish.payload import Payload


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """One source as its publishers show it."""

    id: str
    """In topics and payloads, `[a-z0-9_-]+`."""
    name: str
    """For people."""
    model: str
    """Name of its model."""
    labels: tuple[str, ...]
    """Every label of the model."""


class Publisher(Protocol):
    """Somewhere messages go. Payloads are shared among publishers: read, never change them."""

    def start(self) -> None:
        """Begin; what cannot be reached yet is tried again, not raised."""
        ...

    def publish(self, payload: Payload) -> None:
        """Take the next message of any source, in order.

        Returns at once, never raises; what cannot be kept is counted and told.
        """
        ...

    def stop(self, timeout_seconds: float) -> None:
        """Hand on what was taken, for no longer than this."""
        ...
