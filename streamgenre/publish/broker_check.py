"""Can the broker be used? One step after the other, and what to do about the first that fails."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from streamgenre.errors import StreamgenreError
from streamgenre.publish.broker_address import BrokerAddress, parse_broker_url
from streamgenre.publish.broker_secrets import password_path, tls_context
from streamgenre.publish.broker_trouble import (
    BrokerRefusalError,
    BrokerTrouble,
    trouble_of_error,
    trouble_of_silence,
    trouble_of_topic,
)
from streamgenre.publish.mqtt import MqttConnection
from streamgenre.publish.mqtt_message import Answer, Incoming, Outgoing
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.mqtt_waker import Waker
from streamgenre.settings import MqttSettings

STEP_SECONDS = 5.0
OTHERS_MAY_READ = 0o004


@dataclass(frozen=True, slots=True)
class BrokerFinding:
    """What one step found."""

    step: Literal["url", "DNS", "TCP", "TLS", "login", "publish"]
    verdict: Literal["ok", "warning", "failed"]
    found: str
    remedy: str | None = None


def check_broker(settings: MqttSettings, node: str = "doctor") -> list[BrokerFinding]:
    """Return what each step found, up to the first that fails; it never raises, and changes nothing there.

    What it publishes goes to the result topic of a source that no node has.
    """
    try:
        address = parse_broker_url(settings.url)
    except StreamgenreError as error:
        return [BrokerFinding("url", "failed", str(error), "write mqtt.url as the line above says")]
    findings: list[BrokerFinding] = []
    try:
        findings.extend(step() for step in _steps(settings, address, node))
    except _Failed as failure:
        findings.append(failure.finding)
    return findings


class _Failed(Exception):  # noqa: N818  # a way out, not an error
    def __init__(
        self, step: Literal["DNS", "TCP", "TLS", "login", "publish"], trouble: BrokerTrouble
    ) -> None:
        self.finding = BrokerFinding(step, "failed", trouble.text, trouble.remedy)


def _steps(settings: MqttSettings, address: BrokerAddress, node: str) -> list[Callable[[], BrokerFinding]]:
    steps: list[Callable[[], BrokerFinding]] = [lambda: _dns(address), lambda: _tcp(address)]
    if address.tls:
        steps.append(lambda: _tls(settings, address))
    visit = _Visit(settings, address, node)
    return [*steps, visit.login, visit.publish]


def _dns(address: BrokerAddress) -> BrokerFinding:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Failed("DNS", trouble_of_error(error, address)) from None
    names = ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))
    return BrokerFinding("DNS", "ok", f"{address.host} is {names}")


def _tcp(address: BrokerAddress) -> BrokerFinding:
    try:
        with socket.create_connection((address.host, address.port), STEP_SECONDS):
            return BrokerFinding("TCP", "ok", f"{address.host} listens on port {address.port}")
    except OSError as error:
        raise _Failed("TCP", trouble_of_error(error, address)) from None


def _tls(settings: MqttSettings, address: BrokerAddress) -> BrokerFinding:
    try:
        context = tls_context(settings)
        with (
            socket.create_connection((address.host, address.port), STEP_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=address.host) as encrypted,
        ):
            return BrokerFinding("TLS", "ok", f"{encrypted.version()}, the certificate is good")
    except (OSError, BrokerRefusalError) as error:
        raise _Failed("TLS", trouble_of_error(error, address)) from None


class _Visit:
    """Logs in under an id of its own, so that a node that runs is not disturbed."""

    def __init__(self, settings: MqttSettings, address: BrokerAddress, node: str) -> None:
        self._settings = settings
        self._address = address
        self._connection: MqttConnection | None = None
        self._came_back = False
        self._client_id = f"streamgenre-{node}-{secrets.token_hex(4)}"
        self._topic = Topics(settings.prefix, node).of(f"check-{secrets.token_hex(4)}", "result")

    def login(self) -> BrokerFinding:
        try:
            self._connection = MqttConnection(self._settings, self._client_id, Waker())
            self._connection.open()
        except StreamgenreError as error:
            self._close()
            unusable = BrokerTrouble("settings", str(error), "correct the [mqtt] settings")
            trouble = error.trouble if isinstance(error, BrokerRefusalError) else unusable
            raise _Failed("login", trouble) from None
        user = self._settings.username or self._address.username
        who = f"as {user}" if user else "without a user"
        found = f"the broker lets us in {who}, MQTT {self._settings.protocol}"
        if self._password_is_open():
            return BrokerFinding(
                "login", "warning", f"{found}; everybody may read the password file", "chmod o-r that file"
            )
        return BrokerFinding("login", "ok", found)

    def publish(self) -> BrokerFinding:
        """MQTT 3.1.1 has no word for a refusal: only hearing one's own message proves anything there."""
        assert self._connection is not None
        try:
            return self._publish(self._connection)
        except BrokerRefusalError as refusal:
            raise _Failed("publish", refusal.trouble) from None
        finally:
            self._close()

    def _publish(self, connection: MqttConnection) -> BrokerFinding:
        subscription = self._answer(connection, connection.subscribe(self._topic))
        token = connection.publish(Outgoing(self._topic, "{}"))
        refusal = self._answer(connection, token)
        if refusal is not None:
            raise BrokerRefusalError(trouble_of_topic(refusal, self._topic))
        if self._settings.protocol == "5":
            return BrokerFinding("publish", "ok", f"the broker takes messages under {self._settings.prefix}")
        if subscription is None and self._heard(connection):
            return BrokerFinding("publish", "ok", f"a message under {self._settings.prefix} came back")
        return BrokerFinding(
            "publish",
            "warning",
            "the broker answered, but MQTT 3.1.1 cannot say whether it took the message",
            f"allow readwrite on {self._settings.prefix}/# in its access rules, or use protocol 5",
        )

    def _answer(self, connection: MqttConnection, token: int) -> int | None:
        give_up = time.monotonic() + STEP_SECONDS
        while time.monotonic() < give_up:
            for arrived in connection.step(give_up - time.monotonic()):
                self._came_back = self._came_back or isinstance(arrived, Incoming)
                if isinstance(arrived, Answer) and arrived.token == token:
                    return arrived.refusal
        raise BrokerRefusalError(trouble_of_silence(self._address, STEP_SECONDS))

    def _heard(self, connection: MqttConnection) -> bool:
        give_up = time.monotonic() + STEP_SECONDS
        while not self._came_back and time.monotonic() < give_up:
            arrivals = connection.step(give_up - time.monotonic())
            self._came_back = any(isinstance(arrived, Incoming) for arrived in arrivals)
        return self._came_back

    def _password_is_open(self) -> bool:
        path = password_path(self._settings)
        with contextlib.suppress(OSError):
            return path is not None and bool(path.stat().st_mode & OTHERS_MAY_READ)
        return False

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close(gracefully=True)
            self._connection = None
