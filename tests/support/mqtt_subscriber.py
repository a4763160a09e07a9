"""A subscriber that notes everything, with its own use of paho, so that ours is not judged by itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.support.mosquitto import PASSWORDS, Broker

PATIENCE_SECONDS = 90.0
PROPERTIES = frozenset({"MessageExpiryInterval", "UserProperty", "CorrelationData"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came."""

    topic: str
    text: str
    retained: bool
    qos: int
    properties: dict[str, Any]
    at: float
    """Monotonic seconds."""

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def user_properties(self) -> dict[str, str]:
        return dict(self.properties.get("UserProperty", []))


@dataclass(slots=True)
class Subscriber:
    """Connected, subscribed and listening; comes back by itself when the broker does."""

    client: Client
    heard: list[Heard] = field(default_factory=list[Heard])
    subscribed: threading.Event = field(default_factory=threading.Event)

    def on(self, topic: str) -> list[Heard]:
        return [one for one in list(self.heard) if one.topic == topic]

    def wait(self, found: Callable[[], Any], what: str = "what was waited for") -> Any:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            result = found()
            if result:
                return result
            time.sleep(0.01)
        topics = [(one.topic, one.text[:60]) for one in self.heard[-20:]]
        raise AssertionError(f"{what} did not come; last heard: {topics}")

    def wait_for(self, topic: str, text: str | None = None, *, count: int = 1) -> Heard:
        def found() -> list[Heard]:
            hits = [one for one in self.on(topic) if text is None or one.text == text]
            return hits if len(hits) >= count else []

        return self.wait(found, f"{topic} {text or ''}")[-1]

    def send(
        self, topic: str, payload: str | bytes, *, retain: bool = False, correlation: bytes = b""
    ) -> None:
        properties: Any = Properties(PacketTypes.PUBLISH)
        if correlation:
            properties.CorrelationData = correlation
        info = self.client.publish(topic, payload, 1, retain, properties if correlation else None)
        info.wait_for_publish(PATIENCE_SECONDS)


@contextmanager
def subscriber(
    broker: Broker, *filters: str, user: str = "ha", session_id: str = "", port: int | None = None
) -> Iterator[Subscriber]:
    """With a session id the broker keeps for it what it missed; that is over MQTT 3.1.1, whose sessions
    outlive a killed mosquitto 2.0, as those of MQTT 5 do not."""
    client = (
        Client(
            CallbackAPIVersion.VERSION2,
            client_id=session_id,
            protocol=MQTTProtocolVersion.MQTTv311,
            clean_session=False,
        )
        if session_id
        else Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    )
    client.username_pw_set(user, PASSWORDS[user])
    client.reconnect_delay_set(1, 1)
    listening = Subscriber(client)

    def on_connect(*_: object) -> None:
        client.subscribe([(topic, 1 if session_id else SubscribeOptions(qos=1)) for topic in filters])

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        told = {} if message.properties is None else vars(message.properties)
        properties = {name: told[name] for name in PROPERTIES & told.keys()}
        listening.heard.append(
            Heard(
                message.topic,
                bytes(message.payload).decode(errors="replace"),
                message.retain,
                message.qos,
                properties,
                time.monotonic(),
            )
        )

    client.on_connect = on_connect
    client.on_message = on_message
    client.on_subscribe = lambda *_: listening.subscribed.set()
    client.connect("127.0.0.1", port or broker.port, keepalive=60)
    client.loop_start()
    assert listening.subscribed.wait(PATIENCE_SECONDS)
    try:
        yield listening
    finally:
        client.disconnect()
        client.loop_stop()
