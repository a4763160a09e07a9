"""What goes to the broker and what comes from it, without any library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for the broker."""

    topic: str
    payload: str = ""
    """Empty and retained: removes what is retained."""
    qos: int = 1
    retain: bool = False
    expires_seconds: int | None = None
    """MQTT 5: the broker forgets it then."""
    properties: tuple[tuple[str, str], ...] = ()
    """MQTT 5: user properties."""
    correlation: bytes | None = None
    """MQTT 5: of the request it answers."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from the broker."""

    topic: str
    payload: bytes
    retained: bool
    """Stored by the broker, and sent because we subscribed."""
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The broker's answer to one publication or subscription."""

    token: int
    """As publish() or subscribe() returned it."""
    refusal: int | None
    """A reason code of MQTT 5; None: it was taken."""
