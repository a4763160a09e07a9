"""The state directory and its files, looked at without touching them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from streamgenre.doctor import machine
from streamgenre.doctor.check import Check, examined
from streamgenre.doctor.publishing import storage_parts
from streamgenre.publish.outbox import Outbox
from streamgenre.settings import HistorySettings, MqttSettings, Settings

SETTINGS = Settings("bar", mqtt=MqttSettings("mqtt://bar"), history=HistorySettings())


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


def look(settings: Settings | None = SETTINGS) -> dict[str, Check]:
    return {check.name: check for check in examined(storage_parts(settings))}


def test_before_the_first_run_nothing_is_made(folder):
    found = look()
    assert {name: check.verdict for name, check in found.items()} == dict.fromkeys(
        ("state", "outbox", "history"), "ok"
    )
    assert f"{folder} will be made" in found["state"].found
    assert "not there yet" in found["outbox"].found
    assert not folder.exists()


def test_files_that_are_in_use(folder):
    outbox = Outbox(folder / "outbox.sqlite")
    try:
        outbox.append([{"type": "title", "source": "main", "time": "2026-11-21T10:15:30.250Z"}])
        found = look()
    finally:
        outbox.close()
    assert found["outbox"].verdict == "ok"
    assert look()["outbox"].found.endswith("schema 1")


@pytest.mark.parametrize(("version", "verdict"), [(1, "ok"), (2, "ok"), (99, "failed")])
def test_schemas_of_other_versions(folder, version, verdict):
    folder.mkdir()
    with closing(sqlite3.connect(folder / "history.sqlite")) as connection:
        connection.execute(f"PRAGMA user_version={version}")
    check = look()["history"]
    assert (check.verdict, f"schema {version}" in check.found) == (verdict, True)
    assert ("newer streamgenre" in str(check.remedy)) == (version == 99)


@pytest.mark.parametrize("content", [b"no database at all" * 20, b"SQLite format 3\0"])
def test_what_is_no_database(folder, content):
    folder.mkdir()
    (folder / "history.sqlite").write_bytes(content)
    assert look()["history"].verdict == "failed"


def test_an_empty_file_is_a_new_one(folder):
    folder.mkdir()
    (folder / "outbox.sqlite").touch()
    assert look()["outbox"].verdict == "ok"


def test_a_file_in_the_way_of_the_folder(folder):
    folder.touch()
    assert look()["state"].verdict == "failed"


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user: root may write everywhere")
def test_what_may_not_be_written(folder):
    folder.mkdir()
    (folder / "outbox.sqlite").touch(0o400)
    (folder / "history.sqlite").touch(0)
    folder.chmod(0o500)
    found = look()
    assert {check.verdict for check in found.values()} == {"failed"}
    assert "as root" in str(found["state"].remedy)


def test_a_disk_that_is_nearly_full(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 2**60)
    assert look()["state"].verdict == "warning"


def test_a_history_elsewhere_has_its_folder_looked_at(folder, tmp_path):
    other = Settings("bar", history=HistorySettings(tmp_path / "file" / "h.sqlite"))
    (tmp_path / "file").touch()
    parts = list(examined(storage_parts(other)))
    assert [(check.name, check.verdict) for check in parts] == [
        ("state", "ok"),
        ("history", "failed"),
        ("history", "failed"),
    ]
    assert not folder.exists()


def test_without_a_configuration_nothing_is_kept(folder):
    assert look(None) == {}
    assert not folder.exists()
