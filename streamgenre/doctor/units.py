"""What systemd says of its streamgenre units, the system's and the user's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamgenre.doctor.check import Check

BOOTED_WITH_SYSTEMD = Path("/run/systemd/system")
ANSWER_SECONDS = 10.0
PROPERTIES = (
    "Id", "LoadState", "ActiveState", "Result", "UnitFileState", "WatchdogUSec", "NRestarts", "StatusText",
)  # fmt: skip
UNITS = ("streamgenre.service", "streamgenre@*.service")
MANY_RESTARTS = 5

Unit = dict[str, str]


@dataclass(frozen=True, slots=True)
class Manager:
    """One of the two that units run under."""

    control: str
    journal: str
    whose: str
    """Before what is told of a unit."""
    spare: str
    """Told where only the other's unit is meant to run; the Debian package brings both."""


SYSTEM = Manager("systemctl", "journalctl", "", "the system's is off; your own runs")
OF_USER = Manager("systemctl --user", "journalctl --user", "your own: ", "your own is off; the system's runs")


def check_units() -> Iterator[Check]:
    """Tell of each unit that is installed."""
    if not BOOTED_WITH_SYSTEMD.is_dir():
        yield Check("systemd", "ok", "systemd does not run here; `streamgenre run` is started by other means")
        return
    system, of_user = _units(), _units("--user")
    yield from _all(system, SYSTEM, of_user)
    yield from _all(of_user, OF_USER, system)
    if not all(map(_is_off, of_user)):
        yield from _linger()
    if not system and not of_user:
        told = "no streamgenre unit is installed; only `streamgenre run` at every start needs one"
        yield Check("systemd", "ok", told, "`streamgenre service install` (with PipeWire: --user)")


def _units(*which: str) -> list[Unit]:
    """Return those that are installed; none where that manager cannot be asked."""
    said = _ask("systemctl", *which, "show", *UNITS, f"--property={','.join(PROPERTIES)}")
    units = [dict(_pairs(block)) for block in said.split("\n\n") if block.strip()]
    return [unit for unit in units if unit.get("LoadState", "not-found") != "not-found"]


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value


def _ask(*words: str) -> str:
    try:
        answer = subprocess.run(  # noqa: S603  # fixed words
            words, capture_output=True, timeout=ANSWER_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else ""


def _all(units: list[Unit], manager: Manager, others: list[Unit]) -> Iterator[Check]:
    other_runs = any(unit.get("ActiveState") == "active" for unit in others)
    for unit in units:
        if other_runs and _is_off(unit):
            yield Check(_name(unit), "ok", manager.spare)
        else:
            yield _unit(unit, manager)


def _is_off(unit: Unit) -> bool:
    return unit.get("ActiveState") == "inactive" and unit.get("UnitFileState") == "disabled"


def _unit(unit: Unit, manager: Manager) -> Check:
    name, control = _name(unit), manager.control
    log = f"`{manager.journal} -u {name} -e` tells why"
    load, state = unit["LoadState"], unit.get("ActiveState", "unknown")
    if load not in ("loaded", "masked"):
        return Check(
            name, "failed", f"the unit is not understood ({load})", f"`systemd-analyze verify {name}`"
        )
    match state:
        case "active" | "reloading":
            return _active(name, unit, manager, log)
        case "activating" | "deactivating":
            return Check(name, "warning", f"{manager.whose}{state}: {_restarts(unit)}", log)
        case "failed":
            told = f"{manager.whose}failed ({unit.get('Result', 'unknown')}), {_restarts(unit)}"
            return Check(name, "failed", told, f"{log}; then {control} restart {name}")
        case _:
            told = f"{manager.whose}installed, not running ({state})"
            return Check(name, "warning", told, f"{control} enable --now {name}")


def _active(name: str, unit: Unit, manager: Manager, log: str) -> Check:
    watchdog = unit.get("WatchdogUSec", "0")
    guarded = "no watchdog" if watchdog in ("0", "infinity", "") else f"watchdog {watchdog}"
    told = f"{manager.whose}running, {guarded}, {_restarts(unit)}"
    if said := unit.get("StatusText"):
        told = f"{told}: {said}"
    if _count(unit) > MANY_RESTARTS:
        return Check(name, "warning", told, log)
    if unit.get("UnitFileState") == "disabled":
        told = f"{told}; not at the next start of the machine"
        return Check(name, "warning", told, f"{manager.control} enable {name}")
    return Check(name, "ok", told)


def _name(unit: Unit) -> str:
    return unit.get("Id", "streamgenre.service")


def _count(unit: Unit) -> int:
    restarts = unit.get("NRestarts", "")
    return int(restarts) if restarts.isdigit() else 0


def _restarts(unit: Unit) -> str:
    count = _count(unit)
    return ("never restarted", "restarted once")[count] if count < 2 else f"restarted {count} times"


def _linger() -> Iterator[Check]:
    """A user's units end with his last session, unless he lingers."""
    user = str(os.geteuid())
    if _ask("loginctl", "show-user", user, "--property=Linger", "--value").strip() != "yes":
        told = "a user's unit runs only while that user is logged in"
        yield Check("linger", "warning", told, "loginctl enable-linger, to have it run from the start")
