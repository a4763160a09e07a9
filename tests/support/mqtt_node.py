"""A node that publishes made-up messages through the real publisher and outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamgenre.backoff import Backoff
from streamgenre.publish.commands import Command
from streamgenre.publish.mqtt_publisher import MqttPublisher
from streamgenre.publish.outbox import Outbox
from streamgenre.publish.payload import rfc3339
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import MqttSettings
from tests.support.mosquitto import PASSWORDS, Broker

SHORT_HEARTBEAT_SECONDS = 1.0
MAIN = SourceIdentity("main", "The bar", "genre", ("blues", "jazz", "rock"))


class QuickBackoff(Backoff):
    """For tests that would wait for nothing else."""

    def next_pause_seconds(self) -> float:
        return 0.1


def mqtt_settings(broker: Broker, **changes: Any) -> MqttSettings:
    """Return those of the broker's first user, its password in a file."""
    password = broker.folder / "our-password"
    password.write_text(PASSWORDS["streamgenre"] + "\n")
    password.chmod(0o600)
    fields: dict[str, Any] = {
        "url": broker.url,
        "username": "streamgenre",
        "password_file": password,
        "discovery": "off",
    }
    return MqttSettings(**(fields | changes))


def state(**changes: Any) -> dict[str, Any]:
    """Return a payload as the encoder makes it."""
    now = datetime.now(UTC)
    payload: dict[str, Any] = {
        "schema": 1,
        "type": "state",
        "node": "bar",
        "source": "main",
        "seq": 1,
        "time": rfc3339(now),
        "audio_seconds": 10.0,
        "status": "music",
        "genre": "jazz",
        "confidence": 0.8,
        "stability": "stable",
        "since": rfc3339(now),
        "top": [],
        "tags": [],
        "level_dbfs": -18.3,
        "title": None,
        "short": False,
        "lost_samples": 0,
        "latency_ms": 41.0,
        "model": {"name": "genre", "sha256": "0" * 64},
    }
    return payload | changes


def event(number: int, source: str = "main") -> dict[str, Any]:
    """Return a title event without its number."""
    return {
        "schema": 1,
        "type": "title",
        "node": "bar",
        "source": source,
        "seq": None,
        "time": rfc3339(datetime.now(UTC)),
        "audio_seconds": float(number),
        "title": f"title {number}",
        "previous": None,
    }


class Commands:
    """Notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Command]] = []
        self.error: str | None = None

    def __call__(self, source: str, command: Command) -> str | None:
        self.asked.append((source, command))
        return self.error


class Node:
    """A publisher with its outbox."""

    def __init__(self, settings: MqttSettings, path: Path | None = None, **more: Any) -> None:
        self.outbox = Outbox(path)
        self.commands = Commands()
        sources = more.pop("sources", (MAIN,))
        more.setdefault("backoff", QuickBackoff())
        self.publisher = MqttPublisher(settings, "bar", sources, self.outbox, self.commands, **more)


@contextmanager
def running(settings: MqttSettings, path: Path | None = None, **more: Any) -> Iterator[Node]:
    node = Node(settings, path, **more)
    node.publisher.start()
    try:
        yield node
    finally:
        node.publisher.stop(5.0)
        node.outbox.close()
