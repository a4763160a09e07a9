"""What scripts are told: one JSON value on stdout; errors stay on stderr with their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamgenre.cli.main import app
from streamgenre.service import service_manager
from tests.support.program import run
from tests.support.tiny_model import write_tiny_model

CONFIGURATION = """
[node]
id = "bar"
[[sources]]
id = "main"
source = "mic"
[[sources]]
id = "spare"
source = "monitor"
enabled = false
[history]
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "bar.toml"
    path.write_text(CONFIGURATION)
    return path


def test_a_good_configuration(configuration: Path):
    done = run("config", "check", configuration, "--json", STREAMGENRE_LOG__LEVEL="debug")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "path": str(configuration),
        "node": "bar",
        "sources": [{"id": "main", "enabled": True}, {"id": "spare", "enabled": False}],
        "told_to": ["history"],
        "from_environment": 1,
    }


def test_a_bad_configuration_leaves_stdout_empty(configuration: Path):
    configuration.write_text("[nod]\n")
    done = run("config", "check", configuration, "--json")
    assert (done.returncode, done.stdout) == (3, "")
    assert "nod" in done.stderr


def test_models_that_are_installed_and_one_that_cannot_be_read(tmp_path: Path):
    folder = write_tiny_model(tmp_path / "tiny")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "card.toml").write_text("format = 0")
    done = run("models", "list", "--json", STREAMGENRE_MODELS=str(tmp_path))
    told = {one["name"]: one for one in json.loads(done.stdout)}
    assert (done.returncode, done.stderr) == (0, "")
    assert told["tiny"]["folder"] == str(folder)
    assert told["tiny"]["gives"]["genres"] == ["jazz", "rock"]
    assert (told["tiny"]["error"], bool(told["odd"]["error"])) == (None, True)
    assert len(told["genre"]["gives"]["tags"]) == 50


def test_models_verified_and_one_that_fails(tmp_path: Path):
    good, bad = write_tiny_model(tmp_path / "good"), write_tiny_model(tmp_path / "bad")
    (bad / "golden.npz").unlink()
    done = run("models", "verify", good, bad, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 5
    assert [one["passed"] for one in told] == [True, False]
    assert told[0]["checks"][0]["max_error"] <= told[0]["checks"][0]["tolerance"]
    assert "golden.npz" in told[1]["error"]


def test_a_model_that_was_added(tmp_path: Path):
    home = str(tmp_path / "home")
    model = write_tiny_model(tmp_path / "tiny")
    done = run("models", "add", model, "--json", XDG_DATA_HOME=home)
    told = json.loads(done.stdout)
    assert (done.returncode, told["name"]) == (0, "tiny")
    assert Path(told["folder"], "card.toml").is_file()
    again = run("models", "add", model, "--json", XDG_DATA_HOME=home)
    assert (again.returncode, again.stdout) == (2, "")


def test_units():
    told = json.loads(run("service", "print", "--json").stdout)
    assert "[Service]" in told["/etc/systemd/system/streamgenre.service"]
    assert run("service", "print").stdout == "\n".join(f"# {path}\n{text}" for path, text in told.items())
    drop_in = json.loads(run("service", "print", "--stream-only", "--json").stdout)
    assert list(drop_in) == ["stream-only.conf"]


def test_what_an_installation_would_do(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(service_manager, "version_of", lambda _layout: 255)
    words = ["service", "install", "--user", "--dry-run", "--json"]
    app(args=words, prog_name="streamgenre", standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert told["done"] is False
    assert {"step": "write", "what": str(tmp_path / "systemd/user/streamgenre.service")} in told["steps"]
    assert {"step": "run", "what": "systemctl --user daemon-reload"} in told["steps"]
    assert list(tmp_path.iterdir()) == []


def test_it_is_json_in_a_locale_that_has_no_letter_of_it():
    done = run("listen", "ünï ♫ 🎵.wav", "--json", PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 4
    assert "♫ 🎵.wav" in json.loads(done.stdout.splitlines()[0])["reason"]


def test_devices_are_one_array():
    done = run("devices", "--json")
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), list)
