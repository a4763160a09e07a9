from __future__ import annotations

from pathlib import Path

import pytest

from streamgenre.errors import ConfigurationError
from streamgenre.publish.broker_address import BrokerAddress, parse_broker_url
from streamgenre.publish.broker_secrets import read_password
from streamgenre.publish.broker_trouble import BrokerRefusalError
from streamgenre.settings import MqttSettings


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://bar.example", BrokerAddress("mqtt", "bar.example", 1883, None, None)),
        ("mqtts://me@bar:99/", BrokerAddress("mqtts", "bar", 99, None, "me")),
        ("ws://bar", BrokerAddress("ws", "bar", 80, "/mqtt", None)),
        ("wss://[::1]:9001/deep/er", BrokerAddress("wss", "::1", 9001, "/deep/er", None)),
    ],
)
def test_urls(url: str, address: BrokerAddress) -> None:
    assert parse_broker_url(url) == address
    assert parse_broker_url(str(address)).host == address.host


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("bar:1883", "none of mqtt, mqtts, ws, wss"),
        ("http://bar", "none of mqtt"),
        ("mqtt://", "names no host"),
        ("mqtt://bar:x", "number from 1"),
        ("mqtt://bar:70000", "number from 1"),
        ("mqtt://bar:0", "port 0"),
        ("mqtt://bar/prefix", "mqtt.prefix"),
        ("mqtt://me:hunter2@bar", "password_file"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_its_password(url: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        parse_broker_url(url)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(MqttSettings(url))


def test_the_password_is_in_a_file_or_a_systemd_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "elsewhere"
    file.write_text("from a file\n")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert read_password(MqttSettings("mqtt://bar")) is None
    assert read_password(MqttSettings("mqtt://bar", password_file=file)) == "from a file"
    (tmp_path / "mqtt-password").write_bytes("schön\r\n".encode())
    (tmp_path / "other").write_text(" kept as it is ")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_password(MqttSettings("mqtt://bar")) == "schön"
    assert read_password(MqttSettings("mqtt://bar", password_file=Path("other"))) == " kept as it is "
    assert read_password(MqttSettings("mqtt://bar", password_file=file)) == "from a file"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"x" * 70_000, None])
def test_a_password_file_that_holds_none_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BrokerRefusalError, match=str(file)) as refused:
        read_password(MqttSettings("mqtt://bar", password_file=file))
    assert refused.value.exit_code == 6
