"""The broker of the tests is as strict as one in the field, or tests against it would prove nothing."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.support.mosquitto import PASSWORDS, Broker, accepts

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto-clients is not installed"),
]
TOPIC = "streamgenre/bar/main/state"


def publish(user: str, password: str, *more: str) -> subprocess.CompletedProcess[str]:
    target = ["-h", "localhost", "-V", "5", "-q", "1", "-t", TOPIC, "-m", "x", "-r"]
    who = ["-u", user, "-P", password]
    return subprocess.run(
        ["mosquitto_pub", *target, *who, *more], capture_output=True, text=True, timeout=20, check=False
    )


def read_retained(broker: Broker) -> str:
    target = ["-h", "127.0.0.1", "-p", str(broker.port), "-t", TOPIC, "-C", "1", "-W", "2"]
    who = ["-u", "viewer", "-P", PASSWORDS["viewer"]]
    done = subprocess.run(
        ["mosquitto_sub", *target, *who], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.strip()


def test_a_retained_message_over_tls_survives_a_restart(mosquitto: Broker) -> None:
    tls = ("-p", str(mosquitto.tls_port), "--cafile", str(mosquitto.ca_file))
    assert publish("streamgenre", PASSWORDS["streamgenre"], *tls).returncode == 0
    mosquitto.stop()
    mosquitto.start()
    assert read_retained(mosquitto) == "x"


def test_a_killed_broker_is_gone_and_comes_back_on_its_ports(mosquitto: Broker) -> None:
    mosquitto.kill()
    assert not accepts(mosquitto.port)
    mosquitto.start()
    assert accepts(mosquitto.port)
    assert accepts(mosquitto.tls_port)


def test_wrong_password_wrong_topic_and_wrong_authority_are_refused(mosquitto: Broker) -> None:
    plain = ("-p", str(mosquitto.port))
    assert "not authori" in publish("streamgenre", "guess", *plain).stderr.lower()
    assert "not authori" in publish("viewer", PASSWORDS["viewer"], *plain).stderr.lower()
    unknown_authority = ("-p", str(mosquitto.tls_port), "--capath", "/etc/ssl/certs")
    assert publish("streamgenre", PASSWORDS["streamgenre"], *unknown_authority).returncode != 0
    assert read_retained(mosquitto) == ""
