"""A node that a broker hears: made-up payloads as a real one sends them, live sound for who asks for it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from streamgenre.publish.payload import rfc3339
from tests.support import mqtt_node
from tests.support.mosquitto import Broker
from tests.support.mqtt_subscriber import Subscriber, subscriber


def ago(seconds: float) -> str:
    return rfc3339(datetime.now(UTC) - timedelta(seconds=seconds))


@dataclass(slots=True)
class FakeNode:
    """One node with any sources."""

    id: str
    client: Subscriber

    def topic(self, source: str, leaf: str) -> str:
        return f"streamgenre/{self.id}/{source}/{leaf}"

    def status(self, word: str) -> None:
        self.client.send(f"streamgenre/{self.id}/status", word, retain=True)

    def state(self, source: str, since: float = 60.0, told: float = 0.0, **changes: Any) -> None:
        """Say what is believed, since so many seconds, told so many seconds ago."""
        top = [{"label": "jazz", "p": 0.8}, {"label": "blues", "p": 0.12}, {"label": "rock", "p": 0.08}]
        fields = {"node": self.id, "source": source, "since": ago(since), "time": ago(told), "top": top}
        payload = mqtt_node.state(**(fields | changes))
        self.client.send(self.topic(source, "state"), json.dumps(payload), retain=True)

    def available(self, source: str, word: str = "online") -> None:
        self.client.send(self.topic(source, "availability"), word, retain=True)

    def event(self, source: str, type_: str, **fields: Any) -> None:
        payload = mqtt_node.event(1) | {"node": self.id, "source": source, "type": type_, "seq": 1} | fields
        self.client.send(self.topic(source, "event"), json.dumps(payload))

    def live(self, source: str, step: int) -> None:
        """Say how it sounds: a hill that wanders over the bands."""
        bands = [round(-70 + 50 * math.exp(-(((band - step % 96) / 12) ** 2)), 2) for band in range(96)]
        payload = {
            "schema": 1, "type": "live", "node": self.id, "source": source, "time": ago(0),
            "audio_seconds": 12.0, "level_dbfs": -21.4, "peak_dbfs": -7.3, "mel": bands, "state": None,
        }  # fmt: skip
        self.client.send(self.topic(source, "live"), json.dumps(payload))

    def asked(self, source: str) -> list[Any]:
        """The wishes that came for it, in order."""
        return [json.loads(one.text) for one in self.client.on(self.topic(source, "set"))]


@contextmanager
def fake_node(broker: Broker, node: str = "bar") -> Iterator[FakeNode]:
    with subscriber(broker, f"streamgenre/{node}/+/set", user="streamgenre") as listening:
        yield FakeNode(node, listening)
    # They hold the client, which holds them: it would be collected in any order with its sockets.
    client = listening.client
    client.on_connect = client.on_message = client.on_subscribe = None
