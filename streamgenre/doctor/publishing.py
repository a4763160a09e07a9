"""What publishes: the broker, and the files in the state directory."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from streamgenre.doctor.as_service import state_folder
from streamgenre.doctor.check import Check, Part
from streamgenre.doctor.machine import free_space
from streamgenre.doctor.sqlite_header import NotSqliteError, schema_version
from streamgenre.publish import history_schema, outbox_schema
from streamgenre.publish.history_path import HISTORY_FILE
from streamgenre.settings import MqttSettings, Settings

BROKER_SECONDS = 60.0
OUTBOX_FILE = "outbox.sqlite"


def broker_part(mqtt: MqttSettings, settings: Settings | None) -> Part:
    node = settings.node if settings else "doctor"
    return Part("broker", lambda: _broker(mqtt, node), BROKER_SECONDS)


def _broker(mqtt: MqttSettings, node: str) -> Iterator[Check]:
    from streamgenre.publish.broker_check import check_broker

    for step in check_broker(mqtt, node):
        yield Check(f"broker {step.step}", step.verdict, step.found, step.remedy)


def storage_parts(settings: Settings | None) -> list[Part]:
    """Return nothing without a configuration: then nothing is kept."""
    if settings is None:
        return []
    folder = state_folder()
    parts = [Part("state", lambda: _folder(folder))]
    if settings.mqtt:
        outbox = folder / OUTBOX_FILE
        parts.append(Part("outbox", lambda: _file("outbox", outbox, len(outbox_schema.MIGRATIONS))))
    if settings.history:
        history = settings.history.path or folder / HISTORY_FILE
        parts.append(Part("history", lambda: _file("history", history, len(history_schema.MIGRATIONS))))
        if settings.history.path:
            parts.append(Part("history", lambda: _folder(history.parent, "history")))
    return parts


def _folder(folder: Path, name: str = "state") -> Iterator[Check]:
    there = next(parent for parent in (folder, *folder.parents) if _exists(parent))
    if not there.is_dir():
        yield Check(name, "failed", f"{there} is no folder", "move it away, or choose another folder")
    elif not os.access(there, os.W_OK | os.X_OK):
        remedy = "let the user that runs streamgenre write there; for the system service examine as root"
        yield Check(name, "failed", f"{there} cannot be written by this user", remedy)
    else:
        found = free_space(name, there)
        yield found if there == folder else replace(found, found=f"{found.found}; {folder} will be made")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above it is not ours to look into
        return False


def _file(name: str, path: Path, known: int) -> Iterator[Check]:
    try:
        version, size_bytes = schema_version(path), path.stat().st_size
    except FileNotFoundError:
        yield Check(name, "ok", f"{path} is not there yet; `streamgenre run` makes it")
    except NotSqliteError:
        remedy = "it is set aside and begun anew when the daemon starts; see docs/history.md to save it"
        yield Check(name, "failed", f"{path} is damaged, or the file of something else", remedy)
    except OSError as error:
        yield Check(name, "failed", f"{path}: {error.strerror}", _remedy_of(error))
    else:
        schema = f"schema {version}" if version else "new"
        told = f"{path}, {size_bytes / 1e6:.1f} MB, {schema}"
        yield _of_version(name, told, version, known, writable=os.access(path, os.W_OK))


def _of_version(name: str, told: str, version: int, known: int, *, writable: bool) -> Check:
    if version > known:
        remedy = (
            f"it was written by a newer streamgenre ({known} is known here): update, or name another file"
        )
        return Check(name, "failed", told, remedy)
    if not writable:
        return Check(name, "failed", f"{told}, may not be written by this user", "check owner and mode")
    return Check(name, "ok", told if version in (0, known) else f"{told}; the daemon brings it up to date")


def _remedy_of(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return "check owner and mode; for the system service examine as root"
    return "check the path and the disk"
