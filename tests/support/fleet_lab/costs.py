"""What a fleet takes at rest: cores and memory, by what the processes are for."""

from __future__ import annotations

import time
from pathlib import Path

from tests.support.fleet_lab.lab import Lab
from tests.support.fleet_lab.processes import Process, processor_seconds
from tests.support.fleet_lab.recovery import Finding
from tests.support.fleet_lab.victims import PUBLISHER, SUPERVISOR

WATCHED_SECONDS = 60.0


def cost(lab: Lab) -> Finding:
    """Let it follow its stations for a minute, and see what that takes."""
    parts = _parts(lab)
    spent, began = {name: processor_seconds(pids) for name, pids in parts.items()}, time.monotonic()
    time.sleep(WATCHED_SECONDS)
    seconds = time.monotonic() - began
    cores = {name: (processor_seconds(pids) - spent[name]) / seconds for name, pids in parts.items()}
    memory = {name: sum(map(_proportional_bytes, pids)) / 1e6 for name, pids in parts.items()}
    finding = Finding("cost")
    finding.notes["processes"] = {name: len(pids) for name, pids in parts.items()}
    finding.notes["cores"] = {name: round(value, 4) for name, value in cores.items()}
    finding.notes["megabytes"] = {name: round(value, 1) for name, value in memory.items()}
    followed = len(lab.mounts)
    finding.notes["cores_per_1000_stations"] = {
        name: round(1000 * cores[name] / followed, 2)
        for name in ("groups", "decoders", "publisher", "supervisor")
    }
    return finding


def _parts(lab: Lab) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    groups = lab.watch.groups().keys()
    for node in lab.cluster.nodes.values():
        for one in node.processes:
            found.setdefault(_part_of(one, frozenset(groups)), []).append(one.pid)
    return found


def _part_of(process: Process, groups: frozenset[int]) -> str:
    if process.pid in groups:
        return "groups"
    if process.parent in groups:
        return "decoders"
    if SUPERVISOR.match(process.title):
        return "supervisor"
    return "publisher" if PUBLISHER.match(process.title) else "ray"


def _proportional_bytes(pid: int) -> float:
    """Return its memory, shared pages counted in part; nothing once it has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024.0 for line in rollup.splitlines() if line.startswith("Pss:"))
