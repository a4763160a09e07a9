"""The ledger: what a supervisor knows again after its own end, and what it makes of a disk that fails."""

from __future__ import annotations

import sqlite3
import stat
import time
from contextlib import closing

import pytest

from streamgenre.errors import ConfigurationError
from streamgenre.fleet import ledger as module
from streamgenre.fleet.crossing import Loss
from streamgenre.fleet.ledger import Deployment, Grant, Ledger
from streamgenre.settings import MqttSettings, Settings, SourceSettings

DEPLOYMENT = Deployment(
    Settings("radio", mqtt=MqttSettings("broker.example")),
    (SourceSettings("jazz", "http://user:secret@radio.example/jazz"),),
    ("stations.csv:2: …",),
    7,
)
GRANT = Grant("m0-0", "i1", 5)
LOSS = Loss("rock", 4, "its group is gone")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fleet" / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with closing(Ledger(path)) as ledger:
        yield ledger


def written(path, words: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(words).fetchall()


def test_a_new_one_knows_nothing(ledger):
    assert (ledger.grants(), ledger.losses(), ledger.last_epoch()) == ({}, {}, 0)
    assert (ledger.deployment(), ledger.stopped, ledger.costs(), ledger.trouble) == (None, False, None, None)


def test_it_knows_everything_again(ledger, path):
    ledger.deploy(DEPLOYMENT)
    ledger.note({"jazz": GRANT, "rock": None}, 9, {"rock": LOSS})
    ledger.keep_costs({"stations": [["jazz", 0.02]]})
    with closing(Ledger(path)) as again:
        assert again.deployment() == DEPLOYMENT
        assert (again.grants(), again.losses(), again.last_epoch()) == ({"jazz": GRANT}, {"rock": LOSS}, 9)
        assert again.costs() == {"stations": [["jazz", 0.02]]}
        again.note({"jazz": None}, 10, {"rock": None})
    with closing(Ledger(path)) as third:
        assert (third.grants(), third.losses(), third.last_epoch()) == ({}, {}, 10)


def test_the_addresses_in_it_are_for_its_owner_alone(ledger, path):
    ledger.deploy(DEPLOYMENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_that_a_fleet_was_stopped_is_not_that_nothing_was_deployed(ledger, path):
    ledger.deploy(DEPLOYMENT)
    ledger.deploy(None)
    with closing(Ledger(path)) as again:
        assert again.stopped
        assert again.deployment() is None
        again.deploy(DEPLOYMENT)
        assert not again.stopped


@pytest.mark.parametrize("other", [b"no pickle", b"\x80\x04N."])
def test_what_another_version_deployed_is_asked_for_again(ledger, path, caplog, other):
    ledger.note({"jazz": GRANT}, 9)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO facts VALUES ('deployment', ?), ('costs', ?)", [other, b"{"])
        connection.commit()
    with closing(Ledger(path)) as again:
        assert again.deployment() is None
        assert again.costs() is None
        assert again.grants() == {"jazz": GRANT}
        assert not again.stopped
    assert "run `fleet run` again" in caplog.text


def test_what_an_older_version_deployed_is_asked_for_again(ledger, path, caplog, monkeypatch):
    monkeypatch.setattr(module, "__version__", "0.0.1")
    ledger.deploy(DEPLOYMENT)
    monkeypatch.undo()
    with closing(Ledger(path)) as again:
        assert again.deployment() is None
    assert "it is of streamgenre 0.0.1" in caplog.text


def test_while_another_has_the_file_it_goes_on_in_memory_and_soon_catches_up(ledger, path, caplog):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.thread_time()
        ledger.note({"jazz": GRANT}, 9)
        ledger.note({"rock": GRANT}, 10, {"rock": LOSS})
        ledger.write_again()
        assert time.thread_time() - began < 10
        assert "cannot be written: database is locked" in (ledger.trouble or "")
        assert ledger.last_epoch() == 10
        other.execute("ROLLBACK")
    assert caplog.text.count("goes on in memory") == 1
    ledger.write_again()
    assert ledger.trouble is None
    assert written(path, "SELECT station FROM grants ORDER BY station") == [("jazz",), ("rock",)]
    assert written(path, "SELECT station FROM losses") == [("rock",)]


def test_what_cannot_be_used_is_said_with_its_name(path):
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigurationError, match=r"ledger\.sqlite: .*Mend or free the disk"):
        Ledger(path)


def test_a_damaged_table_is_said_too(path):
    with closing(Ledger(path)) as ledger:
        ledger.note({f"s{number}": GRANT for number in range(2000)}, 9)
    whole = bytearray(path.read_bytes())
    whole[3 * 4096 :] = b"\xff" * (len(whole) - 3 * 4096)
    path.write_bytes(whole)
    with pytest.raises(ConfigurationError, match=r"ledger\.sqlite"):
        Ledger(path)


def test_a_folder_in_its_place_is_said(path):
    path.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"ledger\.sqlite"):
        Ledger(path)
