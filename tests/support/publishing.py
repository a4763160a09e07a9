"""Messages, payloads and listeners for tests of what is published."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from streamgenre.messages import (
    Alarm,
    Change,
    Diagnostics,
    Message,
    ModelIdentity,
    SampleAccounts,
    Segment,
    SourceChange,
    Stamped,
    State,
    StatusAndGenre,
    TitleChange,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
JAZZ, SILENCE = StatusAndGenre("music", "jazz"), StatusAndGenre("silence", None)


def stamped(message: Message) -> Stamped:
    """Return the message at its audio time after noon."""
    return Stamped(message, NOON + timedelta(seconds=message.audio_seconds), 12.3)


def state(audio_seconds: float, genre: str | None = "jazz", confidence: float = 0.9) -> Stamped:
    return stamped(
        State(
            audio_seconds=audio_seconds,
            status="music",
            genre=genre,
            confidence=confidence,
            stability="stable",
            since_seconds=audio_seconds,
            top=(),
            tags=(),
            level_dbfs=-20.0,
            title=None,
            short=False,
            lost_samples=0,
            model=ModelIdentity("genre", "ab" * 32),
        )
    )


def title(audio_seconds: float, text: str | None = None) -> Stamped:
    return stamped(TitleChange(audio_seconds, text or f"title {audio_seconds:g}", None))


def segment(audio_seconds: float, start_seconds: float = 0.0) -> Stamped:
    return stamped(Segment(audio_seconds, start_seconds, audio_seconds, "music", "jazz", 0.9, None, "change"))


def change(audio_seconds: float) -> Stamped:
    return stamped(Change(audio_seconds, JAZZ, SILENCE, 3.0))


def alarm(audio_seconds: float) -> Stamped:
    return stamped(Alarm(audio_seconds, "dead_air", active=True, since_seconds=0.0, level_dbfs=-90.0))


def online(audio_seconds: float) -> Stamped:
    return stamped(SourceChange(audio_seconds, "online", None))


def stopped(audio_seconds: float) -> Stamped:
    return stamped(SourceChange(audio_seconds, "ended", "stopped"))


def diagnostics(audio_seconds: float) -> Stamped:
    return stamped(Diagnostics(audio_seconds, SampleAccounts(), 0.5, 0, 0))


def payload(source: str = "main", kind: str = "title", **fields: Any) -> dict[str, Any]:
    """Return an event without its number, as short as one may be."""
    return {"schema": 1, "type": kind, "node": "bar", "source": source, "seq": None, **fields}


class Listener:
    """A publisher that remembers; one told to be slow waits for `gate`."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.gate = threading.Event()
        self.gate.set()

    def start(self) -> None: ...

    def publish(self, payload: dict[str, Any]) -> None:
        self.gate.wait(30)
        self.heard.append(dict(payload))

    def stop(self, timeout_seconds: float) -> None: ...

    def told(self, source: str = "main") -> list[tuple[str, int]]:
        """Return type and number of what was heard of a source."""
        return [(heard["type"], heard["seq"]) for heard in self.heard if heard["source"] == source]
