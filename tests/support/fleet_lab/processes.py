"""What runs on which machine of the laboratory, read from /proc."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MARK = "FLEET_LAB_NODE"
"""Set in the environment of all that a machine starts, and handed down."""


@dataclass(frozen=True, slots=True)
class Process:
    """One that has not ended."""

    pid: int
    parent: int
    title: str
    """Its command line, or what it calls itself."""
    node: str | None
    """Machine of the laboratory it runs on."""


def processes(node: str | None = None) -> list[Process]:
    """Return all, or those of one machine; what has ended and was not waited for is left out."""
    found = (seen(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [one for one in found if one is not None and (node is None or one.node == node)]


def seen(pid: int) -> Process | None:
    """Return None for one that has ended."""
    folder = Path(f"/proc/{pid}")
    try:
        title = folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        state, parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
        environment = folder.joinpath("environ").read_bytes().split(b"\0")
    except OSError:
        return None
    marks = [entry for entry in environment if entry.startswith(f"{MARK}=".encode())]
    node = marks[0].decode().partition("=")[2] if marks else None
    return None if state in "ZX" else Process(pid, int(parent), title, node)


def kill_at_once(pids: Iterable[int]) -> None:
    """End them as a power cut would: none has time to see another one go."""
    victims = tuple(pids)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in victims:
            send(pid, number)


def send(pid: int, number: signal.Signals) -> bool:
    """Return whether it was there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def processor_seconds(pids: Iterable[int]) -> float:
    """Return what they have used since they began; nothing for those that have ended."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def share_of_a_core(pids: Iterable[int], seconds: float) -> float:
    """Watch them for so long."""
    watched = tuple(pids)
    began, spent = time.monotonic(), processor_seconds(watched)
    time.sleep(seconds)
    return (processor_seconds(watched) - spent) / (time.monotonic() - began)
