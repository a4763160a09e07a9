"""One connection to a broker. The only module that knows paho."""

from __future__ import annotations

import math
import select
import time
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streamgenre.errors import ConfigurationError
from streamgenre.publish.broker_address import BrokerAddress, parse_broker_url
from streamgenre.publish.broker_secrets import read_password, tls_context
from streamgenre.publish.broker_trouble import (
    TOO_LARGE,
    BrokerRefusalError,
    BrokerTrouble,
    trouble_of_closing,
    trouble_of_error,
    trouble_of_reason,
    trouble_of_silence,
)
from streamgenre.publish.mqtt_message import Answer, Incoming, Outgoing
from streamgenre.publish.mqtt_waker import Waker
from streamgenre.settings import MqttSettings

CONNECT_SECONDS = 5.0
"""For TCP, for TLS and for the WebSocket, each."""
ANSWER_SECONDS = 10.0
"""For the broker's first answer."""
KEEPALIVE_SECONDS = 20
"""A broker that is gone is noticed after at most twice this, and our will is told after one and a half."""
LAST_WRITE_SECONDS = 0.2
LARGEST_INCOMING_BYTES = 65_536
"""MQTT 5: the broker keeps larger messages to itself; a request is far smaller."""
OVERHEAD_BYTES = 32
"""At most: of a publication beside its topic, properties and payload."""
MOST_UNANSWERED = 10
"""Publications without an answer: below paho's own limit, so that nothing waits inside paho."""


class MqttConnection:
    """Used by one thread, once: opened, stepped until it raises, closed. Nothing is kept for another one."""

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        waker: Waker,
        *,
        will: Outgoing | None = None,
        largest_incoming_bytes: int = LARGEST_INCOMING_BYTES,
    ) -> None:
        """Raises ConfigurationError for the URL, BrokerRefusalError for password and certificates."""
        self.address: BrokerAddress = parse_broker_url(settings.url)
        self.most_unanswered = MOST_UNANSWERED
        self._version5 = settings.protocol == "5"
        self._waker = waker
        self._largest_incoming_bytes = largest_incoming_bytes
        self._arrived: list[Incoming | Answer] = []
        self._largest_bytes = math.inf
        self._kept_back = 0
        self._answered = False
        self._lost: BrokerTrouble | None = None
        self._client = self._make_client(settings, client_id)
        if will is not None:
            self._client.will_set(will.topic, will.payload, will.qos, will.retain)

    def open(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Connect and wait for the broker's first answer; raises BrokerRefusalError."""
        try:
            self._client.connect(
                self.address.host,
                self.address.port,
                keepalive=KEEPALIVE_SECONDS,
                properties=_connect_properties(self._largest_incoming_bytes) if self._version5 else None,
            )
        except Exception as error:  # noqa: BLE001  # whatever a wrong server provokes is a refusal
            raise BrokerRefusalError(trouble_of_error(error, self.address)) from None
        give_up = time.monotonic() + ANSWER_SECONDS
        while not self._answered:
            left = give_up - time.monotonic()
            if left <= 0 or cancelled():
                raise BrokerRefusalError(trouble_of_silence(self.address, ANSWER_SECONDS))
            self._step(left)

    def publish(self, message: Outgoing) -> int:
        """Hand it to the socket; the answer carries the number returned.

        What is larger than the broker takes would end the connection: it is answered here.
        """
        if _size(message) > self._largest_bytes:
            self._kept_back -= 1
            self._arrived.append(Answer(self._kept_back, TOO_LARGE))
            return self._kept_back
        properties = _publish_properties(message) if self._version5 else None
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        return info.mid

    def subscribe(self, topic_filter: str) -> int:
        """Ask for messages; the answer carries the number returned."""
        _, token = self._client.subscribe(topic_filter, qos=1)
        return token or 0

    def unsubscribe(self, topic_filter: str) -> None:
        """Ask for them no longer."""
        self._client.unsubscribe(topic_filter)

    def step(self, timeout_seconds: float) -> list[Incoming | Answer]:
        """Wait for the network, the waker or the time; return what came.

        Raises BrokerRefusalError: it is over.
        """
        self._step(0.0 if self._arrived else min(timeout_seconds, KEEPALIVE_SECONDS / 4))
        arrived, self._arrived = self._arrived, []
        return arrived

    def close(self, *, gracefully: bool) -> None:
        """End it; gracefully means that the broker drops the will instead of publishing it."""
        if gracefully:
            self._client.disconnect()
            self._write_rest()
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _write_rest(self) -> None:
        give_up = time.monotonic() + LAST_WRITE_SECONDS
        while self._client.want_write() and time.monotonic() < give_up:
            sock = self._client.socket()
            if sock is None:
                return
            poll = select.poll()
            poll.register(sock, select.POLLOUT)
            poll.poll(20)
            self._client.loop_write()

    def _step(self, timeout_seconds: float) -> None:
        sock = self._client.socket()
        if sock is None or self._lost is not None:
            raise BrokerRefusalError(self._lost or self._closed())
        poll = select.poll()
        poll.register(self._waker, select.POLLIN)
        poll.register(sock, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        decrypted = getattr(sock, "pending", int)()
        ready = dict(poll.poll(0 if decrypted else max(timeout_seconds, 0.0) * 1000 + 1))
        self._waker.drain()
        events = ready.get(sock.fileno(), 0)
        if decrypted or events & ~select.POLLOUT:
            self._client.loop_read()
        if events & select.POLLOUT:
            self._client.loop_write()
        self._client.loop_misc()
        if self._lost is not None:
            raise BrokerRefusalError(self._lost)

    def _closed(self) -> BrokerTrouble:
        return trouble_of_closing(self.address, answered=self._answered)

    def _make_client(self, settings: MqttSettings, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if self._version5 else MQTTProtocolVersion.MQTTv311,
            transport="tcp" if self.address.path is None else "websockets",
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_SECONDS
        if self.address.path is not None:
            client.ws_set_options(path=self.address.path)
        if self.address.tls:
            client.tls_set_context(tls_context(settings))
        username = settings.username or self.address.username
        if username is not None:
            client.username_pw_set(username, read_password(settings))
        elif settings.password_file is not None:
            raise ConfigurationError("mqtt.password_file is set without mqtt.username: add the user's name")
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_subscribe = self._on_publish, self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._lost = trouble_of_reason(reason.value, self.address)
            return
        self._answered = True
        allowed: int = getattr(properties, "ReceiveMaximum", MOST_UNANSWERED)
        self.most_unanswered = min(MOST_UNANSWERED, allowed)
        self._largest_bytes = getattr(properties, "MaximumPacketSize", math.inf)

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if self._lost is None:
            told = flags.is_disconnect_packet_from_server and reason.value
            self._lost = trouble_of_reason(reason.value, self.address) if told else self._closed()

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        self._arrived.append(Answer(mid, reason.value if reason.is_failure else None))

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        refusals = [reason.value for reason in reasons if reason.is_failure]
        self._arrived.append(Answer(mid, refusals[0] if refusals else None))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        self._arrived.append(Incoming(message.topic, bytes(message.payload), message.retain, correlation))


def _connect_properties(largest_incoming_bytes: int) -> Properties:
    properties: Any = Properties(PacketTypes.CONNECT)
    properties.MaximumPacketSize = largest_incoming_bytes
    return properties


def _size(message: Outgoing) -> int:
    """Return the most bytes that its packet may have."""
    named = sum(len(name.encode()) + len(value.encode()) + 5 for name, value in message.properties)
    content = len(message.topic.encode()) + len(message.payload.encode()) + len(message.correlation or b"")
    return OVERHEAD_BYTES + named + content


def _publish_properties(message: Outgoing) -> Properties:
    properties: Any = Properties(PacketTypes.PUBLISH)
    if message.expires_seconds is not None:
        properties.MessageExpiryInterval = message.expires_seconds
    if message.properties:
        properties.UserProperty = list(message.properties)
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    return properties
