"""What a supervisor must know after its own restart, in one SQLite file on its machine."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from streamgenre.errors import ConfigurationError
from streamgenre.fleet.crossing import Loss
from streamgenre.settings import Settings, SourceSettings
from streamgenre.version import __version__

BUSY_SECONDS = 0.2
"""Whoever else has the file: no longer, for groups wait meanwhile."""

_TABLES = """
CREATE TABLE IF NOT EXISTS grants (
    station TEXT PRIMARY KEY, group_id TEXT NOT NULL, incarnation TEXT NOT NULL, epoch INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS losses (station TEXT PRIMARY KEY, epoch INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """A station that one group may follow."""

    group: str
    incarnation: str
    """Of the group: another one holds no grant of this one's."""
    epoch: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the fleet is to do."""

    settings: Settings
    stations: tuple[SourceSettings, ...]
    problems: tuple[str, ...] = ()
    """Of the list of stations: what was left out, and why."""
    number: int = 0
    """Another one for each that was given."""


class Ledger:
    """Used by one thread at a time. What cannot be written is in memory and written with the next."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigurationError where the file cannot be used."""
        self._path = path
        self.trouble: str | None = None
        """Why nothing can be written now."""
        self._unwritten: dict[str, Grant | None] = {}
        self._unwritten_losses: dict[str, Loss | None] = {}
        self._facts: dict[str, bytes] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.chmod(0o600)  # stations' addresses may hold passwords
            self._connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL").fetchone()
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_TABLES)
            self._connection.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_SECONDS)}")
            self._known = dict(self._connection.execute("SELECT name, value FROM facts"))
            rows = self._connection.execute("SELECT station, group_id, incarnation, epoch FROM grants")
            self._grants = {station: Grant(*grant) for station, *grant in rows}
            rows = self._connection.execute("SELECT station, epoch, reason FROM losses")
            self._losses = {station: Loss(station, *loss) for station, *loss in rows}
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"{path}: the fleet cannot keep what it must know after a restart ({error}). "
                "Mend or free the disk, or move the file away."
            ) from error

    def grants(self) -> dict[str, Grant]:
        """Return who was to follow which station, when this was opened."""
        return dict(self._grants)

    def losses(self) -> dict[str, Loss]:
        """Return what the publisher had not settled, when this was opened."""
        return dict(self._losses)

    def last_epoch(self) -> int:
        """Return the greatest epoch that was ever given; 0: none."""
        return int(self._known.get("last_epoch", b"0"))

    @property
    def stopped(self) -> bool:
        """Whether the fleet was stopped, and nothing deployed since."""
        return self._known.get("deployment") == b""

    def deployment(self) -> Deployment | None:
        """Return what was to be done; None: nothing that this version can read."""
        found = self._known.get("deployment")
        if not found:
            return None
        try:
            version, deployment = pickle.loads(found)  # noqa: S301  # written by ourselves, readable by us alone
            if version == __version__ and isinstance(deployment, Deployment):
                return deployment
            reason = f"it is of streamgenre {version}"
        except Exception as error:  # noqa: BLE001  # of another version: `fleet run` gives it anew
            reason = repr(error)
        log.warning("%s: what was deployed cannot be read (%s); run `fleet run` again", self._path, reason)
        return None

    def costs(self) -> Any:  # noqa: ANN401  # any JSON
        """Return what was kept of measured costs; None: nothing."""
        try:
            return json.loads(self._known.get("costs", b"null"))
        except ValueError:  # they will be measured again
            return None

    def deploy(self, deployment: Deployment | None) -> None:
        """Keep what is to be done; None: nothing any more."""
        self._keep({"deployment": pickle.dumps((__version__, deployment)) if deployment else b""})

    def note(
        self,
        grants: Mapping[str, Grant | None],
        last_epoch: int,
        losses: Mapping[str, Loss | None] = MappingProxyType({}),
    ) -> None:
        """Keep grants before any group learns of them, and losses. None: void, or settled."""
        self._unwritten.update(grants)
        self._unwritten_losses.update(losses)
        self._keep({"last_epoch": str(last_epoch).encode()})

    def keep_costs(self, costs: object) -> None:
        """Keep what stations were measured to cost."""
        self._keep({"costs": json.dumps(costs).encode()})

    def write_again(self) -> None:
        """Try again to write what could not be written."""
        if self.trouble is not None:
            self._keep({})

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _keep(self, facts: Mapping[str, bytes]) -> None:
        self._facts.update(facts)
        self._known.update(facts)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            _store_grants(self._connection, self._unwritten)
            _store_losses(self._connection, self._unwritten_losses)
            self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", self._facts.items())
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if self.trouble is None:
                log.exception("%s cannot be written; the fleet goes on in memory", self._path)
            self.trouble = f"{os.fspath(self._path)} cannot be written: {error}"
            return
        self.trouble = None
        self._unwritten.clear()
        self._unwritten_losses.clear()
        self._facts.clear()


def _store_grants(connection: sqlite3.Connection, grants: Mapping[str, Grant | None]) -> None:
    given: Sequence[tuple[str, str, str, int]] = [
        (station, one.group, one.incarnation, one.epoch) for station, one in grants.items() if one
    ]
    void = [(station,) for station, one in grants.items() if one is None]
    connection.executemany("INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?)", given)
    connection.executemany("DELETE FROM grants WHERE station = ?", void)


def _store_losses(connection: sqlite3.Connection, losses: Mapping[str, Loss | None]) -> None:
    told = [(station, one.epoch, one.reason) for station, one in losses.items() if one]
    settled = [(station,) for station, one in losses.items() if one is None]
    connection.executemany("INSERT OR REPLACE INTO losses VALUES (?, ?, ?)", told)
    connection.executemany("DELETE FROM losses WHERE station = ?", settled)
