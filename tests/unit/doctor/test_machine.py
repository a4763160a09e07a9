"""The machine: its clock, its libraries, what the service would see."""

from __future__ import annotations

import pytest

from streamgenre.doctor import as_service, machine
from streamgenre.doctor.check import examined
from streamgenre.doctor.machine import machine_parts


def look() -> dict[str, tuple[str, str]]:
    return {check.name: (check.verdict, check.found) for check in examined(machine_parts())}


def test_versions_are_told_for_support():
    found = look()
    for library in ("numpy 2", "onnxruntime 1", "paho-mqtt 2", "SQLite 3", "OpenSSL"):
        assert library in found["libraries"][1]
    assert "Linux" in found["machine"][1]
    assert found["program"][1].startswith("streamgenre ")


@pytest.mark.parametrize(
    ("state", "verdict", "words"),
    [(5, "warning", "not synchronised"), (0, "ok", ", synchronised"), (-1, "ok", "")],
)
def test_a_clock_that_nobody_sets(monkeypatch, state, verdict, words):
    monkeypatch.setattr(machine, "_kernel_clock", lambda: state)
    assert look()["clock"][0] == verdict
    assert look()["clock"][1].endswith(words or "+00:00")


def test_the_kernel_can_be_asked():
    assert -1 <= machine._kernel_clock() <= 5


def test_a_library_that_is_missing(monkeypatch):
    monkeypatch.setattr(machine, "LIBRARIES", ("numpy", "no-such-library"))
    assert look()["libraries"][0] == "failed"
    assert "missing: no-such-library" in look()["libraries"][1]


def test_root_sees_what_the_service_sees(monkeypatch, tmp_path):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "x")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    monkeypatch.setattr(as_service, "SERVICE_FOLDER", tmp_path)
    monkeypatch.setattr(as_service, "CREDENTIALS", tmp_path)
    monkeypatch.setattr(as_service, "_is_root", lambda: False)
    as_service.borrow_credentials()
    assert "CREDENTIALS_DIRECTORY" not in as_service.os.environ
    assert as_service.state_folder() == tmp_path / "home" / "streamgenre"
    monkeypatch.setattr(as_service, "_is_root", lambda: True)
    as_service.borrow_credentials()
    assert as_service.os.environ["CREDENTIALS_DIRECTORY"] == str(tmp_path)
    assert as_service.state_folder() == tmp_path
