"""Every message of a fleet as it arrived, for the checks; kept in a file, and read from it again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.support.mqtt_subscriber import Heard

NUMBERED = frozenset({"change", "segment", "title", "alarm", "source"})
OF_A_STATION = NUMBERED | {"state"}


@dataclass(frozen=True, slots=True)
class Message:
    """One as it came."""

    at: float
    """Monotonic seconds."""
    topic: str
    text: str
    retained: bool = False
    """Sent by the broker from its memory, to a subscriber who came later."""

    @property
    def payload(self) -> dict[str, Any]:
        """Empty for what is no JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Told:
    """A message of a station, read."""

    at: float
    station: str
    kind: str
    seq: int | None
    epoch: int | None
    late: bool
    payload: dict[str, Any]

    @property
    def is_event(self) -> bool:
        return self.kind in NUMBERED

    @property
    def content(self) -> dict[str, Any]:
        """What must be the same each time an event comes."""
        return {key: value for key, value in self.payload.items() if key != "late"}


def read(messages: Iterable[Message]) -> list[Told]:
    """Return states and events, in order of arrival."""
    return [
        told
        for message in messages
        if not message.retained and (told := _told(message.at, message.payload)) is not None
    ]


def _told(at: float, payload: dict[str, Any]) -> Told | None:
    if payload.get("type") not in OF_A_STATION:
        return None
    return Told(
        at,
        payload["source"],
        payload["type"],
        payload.get("seq"),
        payload.get("epoch"),
        payload.get("late", False),
        payload,
    )


def by_station(told: Iterable[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.station, []).append(one)
    return found


def taken(heard: Iterable[Heard]) -> list[Message]:
    """Return what a subscriber heard."""
    return [Message(one.at, one.topic, one.text, one.retained) for one in heard]


def save(messages: Iterable[Message], path: Path) -> None:
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in messages))


def load(path: Path) -> list[Message]:
    return [Message(**json.loads(line)) for line in path.read_text().splitlines()]
