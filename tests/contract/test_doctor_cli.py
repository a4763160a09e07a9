"""`streamgenre doctor` as people and support see it, with a real broker that refuses in every way."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from streamgenre import __version__
from tests.support.mosquitto import PASSWORDS, Broker, free_ports, openssl, sign
from tests.support.program import PROGRAM, run
from tests.support.terminal import OpenTerminal

Found = list[dict[str, Any]]


def configuration(folder: Path, **mqtt: object) -> Path:
    """Write one with this [mqtt] section."""
    lines = "".join(f'{key} = "{value}"\n' for key, value in mqtt.items())
    path = folder / "streamgenre.toml"
    path.write_text(
        f'[node]\nid = "bar"\n[[sources]]\nid = "main"\nsource = "mic"\nenabled = false\n[mqtt]\n{lines}'
    )
    return path


def doctor(tmp_path: Path, *words: str | Path) -> tuple[int, Found]:
    state, config = tmp_path / "state", tmp_path / "config"
    done = run("doctor", "--json", *words, XDG_STATE_HOME=str(state), XDG_CONFIG_HOME=str(config))
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert not state.exists()
    assert not (config / "streamgenre").exists()  # a sound server's library makes the folder above
    return done.returncode, json.loads(done.stdout)


def broker_lines(found: Found) -> list[tuple[str, str]]:
    return [(one["name"], one["verdict"]) for one in found if one["name"].startswith("broker")]


@pytest.mark.system
def test_each_way_a_broker_can_refuse_is_a_line_of_its_own(mosquitto: Broker, tmp_path: Path) -> None:
    folder, other = mosquitto.folder, tmp_path / "other"
    password, wrong = folder / "right", folder / "wrong"
    other.mkdir()
    openssl(
        other, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "k", "-out", "c"
    )
    for path, text in ((password, PASSWORDS["streamgenre"]), (wrong, "sesame-open")):
        path.write_text(text)
        path.chmod(0o600)
    us = {"username": "streamgenre", "password_file": password}
    encrypted = us | {"url": mosquitto.tls_url, "ca_file": mosquitto.ca_file}

    def ask(**mqtt: object) -> tuple[int, Found]:
        return doctor(tmp_path, "--config", configuration(tmp_path, **mqtt))

    code, found = ask(**encrypted)
    steps = ("DNS", "TCP", "TLS", "login", "publish")
    assert (code, broker_lines(found)) == (0, [(f"broker {step}", "ok") for step in steps]), found

    refusals = {
        "login": us | {"url": mosquitto.url, "password_file": wrong},
        "TLS": encrypted | {"ca_file": other / "c"},
        "DNS": us | {"url": "mqtt://no-such-host.invalid"},
        "TCP": us | {"url": f"mqtt://127.0.0.1:{free_ports(1)[0]}"},
    }
    told = {step: last_line(ask(**mqtt), step) for step, mqtt in refusals.items()}
    mosquitto.stop()
    sign(folder, "server", days=-1)
    access = folder / "access"
    access.write_text(access.read_text().replace("readwrite streamgenre/#", "read streamgenre/#"))
    mosquitto.start()
    told["expired"] = last_line(ask(**encrypted), "TLS")
    told["publish"] = last_line(ask(**(us | {"url": mosquitto.url})), "publish")
    assert len(set(told.values())) == 6
    for step, words in {
        "login": "does not let us in",
        "TLS": "authority not trusted",
        "DNS": "not known",
        "TCP": "nothing listens",
        "expired": "has expired",
        "publish": "does not let us use streamgenre/bar/",
    }.items():
        assert words in told[step], told[step]
    assert "sesame" not in repr(told)


def last_line(answer: tuple[int, Found], step: str) -> str:
    """Return what was told of the step that failed; those before it went well."""
    code, found = answer
    lines = [one for one in found if one["name"].startswith("broker")]
    assert code == 1
    assert [one["verdict"] for one in lines] == ["ok"] * (len(lines) - 1) + ["failed"]
    assert (lines[-1]["name"], bool(lines[-1]["remedy"])) == (f"broker {step}", True)
    return lines[-1]["found"]


@pytest.mark.system
def test_a_broker_without_a_configuration(mosquitto: Broker, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORDS["streamgenre"])
    password.chmod(0o600)
    done = run(
        "doctor",
        "--mqtt",
        mosquitto.url.replace("//", "//streamgenre@"),
        STREAMGENRE_MQTT__PASSWORD_FILE=str(password),
        XDG_CONFIG_HOME=str(tmp_path),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok       broker publish" in done.stdout


def test_all_errors_of_a_configuration_are_told(tmp_path: Path) -> None:
    path = configuration(tmp_path, url="mqtt://me:hunter2@bar", colour="red")
    path.write_text(path.read_text().replace('"mic"', "7"))
    code, found = doctor(tmp_path, "--config", path)
    lines = [one for one in found if one["name"] == "config"]
    assert (code, {one["verdict"] for one in lines}) == (1, {"failed"})
    for words in ("mqtt.colour", "mqtt.url", "sources"):
        assert any(words in one["found"] for one in lines), words
    assert all(one["remedy"] for one in lines)
    assert "hunter2" not in repr(found)
    assert broker_lines(found) == []


def test_a_configuration_that_was_named_must_be_there(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, "--config", tmp_path / "none.toml")
    assert code == 1
    assert any(one["name"] == "config" and "none.toml" in one["found"] for one in found)


def test_for_support_it_is_one_array_with_versions(tmp_path: Path) -> None:
    code, found = doctor(tmp_path)
    told = {one["name"]: one for one in found}
    assert code == (1 if any(one["verdict"] == "failed" for one in found) else 0)
    assert all(set(one) == {"name", "verdict", "found", "remedy"} for one in found)
    assert {"program", "machine", "libraries", "config", "model", "kernels", "clock", "systemd"} <= set(told)
    assert __version__ in told["program"]["found"]
    assert "onnxruntime" in told["libraries"]["found"]


@pytest.mark.system
def test_on_a_terminal_long_lines_are_folded_under_their_beginning(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    terminal = open_terminal([str(PROGRAM), "doctor"], columns=80, rows=100, environment=environment)
    assert terminal.wait_for_end(120) in (0, 1)
    lines = [line for line in terminal.screen().splitlines() if line.strip()]
    verdicts = ("ok ", "warning ", "failed ")
    assert all(line.startswith(verdicts) or line.startswith(" " * 24) for line in lines)
    assert all(line[23] == " " and line[24] != " " for line in lines)
    assert any(line.startswith(" " * 24 + "→ ") for line in lines)
    assert any(not line.strip().startswith("→") and line.startswith(" " * 24) for line in lines)


def test_in_a_pipe_a_finding_is_one_line() -> None:
    done = subprocess.run(
        [PROGRAM, "doctor", "--mqtt", "mqtt://127.0.0.1:1"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert all(
        line.startswith(("ok ", "warning ", "failed ", " " * 24 + "→ ")) for line in done.stdout.splitlines()
    )
    assert "failed   broker TCP     nothing listens at mqtt://127.0.0.1:1" in done.stdout


def test_help_shows_examples() -> None:
    text = run("doctor", "--help").stdout
    for words in ("--config", "--mqtt", "--json", "--model", "streamgenre doctor --json"):
        assert words in text
