"""Each way in which a broker can be of no use has its own line, in the log and from the check."""

from __future__ import annotations

import http.server
import logging
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from streamgenre.errors import ConfigurationError
from streamgenre.publish.broker_check import BrokerFinding, check_broker
from streamgenre.settings import MqttSettings
from tests.support.mosquitto import Broker, free_ports, openssl, sign
from tests.support.mqtt_node import event, mqtt_settings, running, state
from tests.support.mqtt_subscriber import PATIENCE_SECONDS, subscriber

pytestmark = pytest.mark.system


@contextmanager
def web_server() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def greeter() -> Iterator[int]:
    """Something that speaks first, and not MQTT."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=greet, args=(listener,))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def greet(listener: socket.socket) -> None:
    while True:
        try:
            guest, _ = listener.accept()
        except OSError:
            return
        with guest:
            guest.sendall(b"220 mail.example ESMTP\r\n")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


def told(settings: MqttSettings, caplog: pytest.LogCaptureFixture) -> tuple[str, str]:
    """Return kind and log line of the trouble that a node with these settings runs into."""
    caplog.clear()
    with running(settings) as node:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while node.publisher.trouble is None and time.monotonic() < give_up:
            time.sleep(0.01)
        trouble = node.publisher.trouble
        assert trouble is not None
        tries = time.monotonic() + 0.5
        while time.monotonic() < tries:
            time.sleep(0.05)
    lines = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert lines == [f"{trouble.text}: {trouble.remedy}"], "one line, however often it was tried"
    return trouble.kind, lines[0]


def refusals(broker: Broker, mail_port: int) -> dict[str, dict[str, Any]]:
    wrong = broker.folder / "wrong"
    wrong.write_text("sesame-open")
    other = broker.folder / "other"
    other.mkdir()
    openssl(
        other, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "k", "-out", "c"
    )
    closed = free_ports(1)[0]
    return {
        "wrong password": {"password_file": wrong},
        "no password": {"password_file": broker.folder / "absent"},
        "wrong authority": {"url": broker.tls_url, "ca_file": other / "c"},
        "certificate file": {"url": broker.tls_url, "ca_file": wrong},
        "client certificate": {"url": broker.strict_url, "ca_file": broker.ca_file},
        "not tls": {"url": f"mqtts://localhost:{broker.port}", "ca_file": broker.ca_file},
        "unknown host": {"url": "mqtt://no-such-host.invalid"},
        "port closed": {"url": f"mqtt://127.0.0.1:{closed}"},
        "not a broker": {"url": f"mqtt://127.0.0.1:{mail_port}"},
    }


def test_each_refusal_is_a_line_of_its_own_and_told_once(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lines: set[str] = set()
    with greeter() as mail_port:
        for kind, changes in refusals(mosquitto, mail_port).items():
            settings = mqtt_settings(mosquitto, **changes)
            seen, line = told(settings, caplog)
            assert seen == kind, line
            assert "sesame" not in line
            assert "sesame" not in repr(settings)
            lines.add(line)
            last = check_broker(settings)[-1]
            assert last.verdict == "failed", kind
            assert f"{last.found}: {last.remedy}" == line, kind
    assert len(lines) == 9


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")  # paho leaves it to be collected
def test_no_websocket_there(mosquitto: Broker, caplog: pytest.LogCaptureFixture) -> None:
    with web_server() as web_port:
        kind, line = told(mqtt_settings(mosquitto, url=f"ws://127.0.0.1:{web_port}/mqtt"), caplog)
    assert kind == "not a broker"
    assert "port and path" in line


def test_an_expired_certificate_is_told_and_a_renewed_one_taken(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    mosquitto.stop()
    sign(mosquitto.folder, "server", days=-1)
    mosquitto.start()
    settings = mqtt_settings(mosquitto, url=mosquitto.tls_url, ca_file=mosquitto.ca_file)
    kind, line = told(settings, caplog)
    assert kind == "certificate expired"
    assert "has expired" in line
    with running(settings) as node:
        mosquitto.stop()
        sign(mosquitto.folder, "server", days=2)
        mosquitto.start()
        with subscriber(mosquitto, "streamgenre/#") as listening:
            listening.wait(lambda: node.publisher.connected)


def test_a_certificate_for_another_name(mosquitto: Broker, caplog: pytest.LogCaptureFixture) -> None:
    url = f"mqtts://127.0.0.2:{mosquitto.tls_port}"
    forwarder = socket.create_server(("127.0.0.2", mosquitto.tls_port))
    thread = threading.Thread(target=forward, args=(forwarder, mosquitto.tls_port), daemon=True)
    thread.start()
    try:
        kind, _ = told(mqtt_settings(mosquitto, url=url, ca_file=mosquitto.ca_file), caplog)
    finally:
        forwarder.shutdown(socket.SHUT_RDWR)
        forwarder.close()
        thread.join()
    assert kind == "wrong name"


def forward(listener: socket.socket, port: int) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        with near, socket.create_connection(("127.0.0.1", port)) as far, suppress(OSError):
            pass_on(near, far)


def pass_on(near: socket.socket, far: socket.socket) -> None:
    while ready := select.select([near, far], [], [], PATIENCE_SECONDS)[0]:
        for one in ready:
            data = one.recv(65536)
            if not data:
                return
            (far if one is near else near).sendall(data)


def test_access_rules_that_forbid_are_told_and_the_events_wait_until_they_allow(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    access = mosquitto.folder / "access"
    rules = access.read_text()
    access.write_text(rules.replace("readwrite streamgenre/#", "read streamgenre/#"))
    mosquitto.stop()
    mosquitto.start()
    settings = mqtt_settings(mosquitto)
    with running(settings) as node:
        node.outbox.append([event(1)])
        node.publisher.publish(state())
        give_up = time.monotonic() + PATIENCE_SECONDS
        while "streamgenre/bar/main/event" not in caplog.text and time.monotonic() < give_up:
            time.sleep(0.01)
        trouble = node.publisher.trouble
        assert trouble is not None
        assert (trouble.kind, node.publisher.connected) == ("not allowed", True)
        assert node.outbox.depth == 1
        assert check_broker(settings)[-1].step == "publish"
        assert check_broker(settings)[-1].verdict == "failed"
        mosquitto.stop()
        access.write_text(rules)
        mosquitto.start()
        with subscriber(mosquitto, "streamgenre/#") as listening:
            listening.wait(lambda: node.outbox.depth == 0)
            listening.wait(lambda: node.publisher.trouble is None)


def steps(findings: list[BrokerFinding]) -> list[tuple[str, str]]:
    return [(finding.step, finding.verdict) for finding in findings]


def test_the_check_of_a_good_broker_disturbs_nobody(mosquitto: Broker) -> None:
    with (
        running(mqtt_settings(mosquitto)) as node,
        subscriber(mosquitto, "streamgenre/#") as listening,
    ):
        listening.wait(lambda: node.publisher.connected)
        plain = steps(check_broker(mqtt_settings(mosquitto), "bar"))
        old = steps(check_broker(mqtt_settings(mosquitto, protocol="3.1.1"), "bar"))
        encrypted = mqtt_settings(mosquitto, url=mosquitto.tls_url, ca_file=mosquitto.ca_file)
        assert steps(check_broker(encrypted, "bar"))[2] == ("TLS", "ok")
        assert node.publisher.connected
        assert not [one for one in listening.heard if one.text == "offline" and one.topic.endswith("status")]
    assert plain == old == [("DNS", "ok"), ("TCP", "ok"), ("login", "ok"), ("publish", "ok")]


def test_the_check_tells_of_a_password_everybody_may_read_and_of_silent_refusals(
    mosquitto: Broker, tmp_path: Path
) -> None:
    settings = mqtt_settings(mosquitto)
    assert settings.password_file is not None
    settings.password_file.chmod(0o644)
    assert steps(check_broker(settings))[2] == ("login", "warning")
    viewer = tmp_path / "viewer"
    viewer.write_text("look")
    viewer.chmod(0o600)
    as_viewer = mqtt_settings(mosquitto, username="viewer", password_file=viewer)
    assert steps(check_broker(as_viewer))[-1] == ("publish", "failed")
    silent = mqtt_settings(mosquitto, username="viewer", password_file=viewer, protocol="3.1.1")
    assert steps(check_broker(silent))[-1] == ("publish", "warning")
    assert steps(check_broker(MqttSettings("mqtt://me:hunter2@bar"))) == [("url", "failed")]


def test_settings_that_make_no_sense_are_told_and_never_a_crash(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    kind, line = told(mqtt_settings(mosquitto, username=None), caplog)
    assert kind == "settings"
    assert "mqtt.username" in line
    with (
        pytest.raises(ConfigurationError, match=r"mqtt\.prefix"),
        running(mqtt_settings(mosquitto, prefix="a/#")),
    ):
        pass
