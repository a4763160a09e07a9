"""What systemd says of its streamgenre units, the system's and the user's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
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


def check_units() -> Iterator[Check]:
    """Tell of each unit that is installed."""
    if not BOOTED_WITH_SYSTEMD.is_dir():
        yield Check("systemd", "ok", "systemd does not run here; `streamgenre run` is started by other means")
        return
    system, of_user = _units(), _units("--user")
    yield from (_unit(unit, "systemctl", "journalctl") for unit in system)
    yield from (_unit(unit, "systemctl --user", "journalctl --user") for unit in of_user)
    if of_user:
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


def _unit(unit: Unit, control: str, journal: str) -> Check:
    name = unit.get("Id", "streamgenre.service")
    log = f"`{journal} -u {name} -e` tells why"
    load, state = unit["LoadState"], unit.get("ActiveState", "unknown")
    if load not in ("loaded", "masked"):
        return Check(
            name, "failed", f"the unit is not understood ({load})", f"`systemd-analyze verify {name}`"
        )
    match state:
        case "active" | "reloading":
            return _active(name, unit, log)
        case "activating" | "deactivating":
            return Check(name, "warning", f"{state}: {_restarts(unit)}", log)
        case "failed":
            told = f"failed ({unit.get('Result', 'unknown')}), {_restarts(unit)}"
            return Check(name, "failed", told, f"{log}; then {control} restart {name}")
        case _:
            return Check(
                name, "warning", f"installed, not running ({state})", f"{control} enable --now {name}"
            )


def _active(name: str, unit: Unit, log: str) -> Check:
    watchdog = unit.get("WatchdogUSec", "0")
    guarded = "no watchdog" if watchdog in ("0", "infinity", "") else f"watchdog {watchdog}"
    told = f"running, {guarded}, {_restarts(unit)}"
    if said := unit.get("StatusText"):
        told = f"{told}: {said}"
    if _count(unit) > MANY_RESTARTS:
        return Check(name, "warning", told, log)
    if unit.get("UnitFileState") == "disabled":
        return Check(
            name, "warning", f"{told}; not at the next start of the machine", f"systemctl enable {name}"
        )
    return Check(name, "ok", told)


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
