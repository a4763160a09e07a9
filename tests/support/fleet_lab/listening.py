"""Who is connected to which station, seen from outside in the kernel's tables."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fleet_lab.processes import seen
from tests.support.fleet_lab.radio import Radio

ESTABLISHED = "01"
EVERY_SECONDS = 0.25


@dataclass(frozen=True, slots=True, order=True)
class Listener:
    """One connection to a station."""

    pid: int
    """Whose it is: a decoder process."""
    group: int
    """The actor's process above it; 0: none."""
    inode: int
    """Of the socket: another one after each reconnection."""


Hearing = dict[str, frozenset[Listener]]
"""By station."""


@dataclass(slots=True)
class Watch:
    """Looks several times a second; keeps when each station's listeners changed."""

    radio: Radio
    changes: list[tuple[float, Hearing]] = field(default_factory=list[tuple[float, Hearing]])
    """Monotonic seconds and all listeners from then on."""
    _owners: dict[int, Listener] = field(default_factory=dict[int, Listener])
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join(20)

    def now(self) -> Hearing:
        return self.changes[-1][1] if self.changes else {}

    def served_by(self, group: int) -> frozenset[str]:
        """Return the stations that a group's process listens to."""
        return frozenset(s for s, who in self.now().items() if any(one.group == group for one in who))

    def groups(self) -> dict[int, int]:
        """Return how many stations each group's process listens to."""
        found: dict[int, int] = {}
        for who in self.now().values():
            for group in {one.group for one in who}:
                found[group] = found.get(group, 0) + 1
        return found

    def _run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            hearing = self._look()
            if hearing != self.now():
                self.changes.append((time.monotonic(), hearing))

    def _look(self) -> Hearing:
        hosts = {self.radio.host(station): station for station in self.radio.stations}
        found: dict[str, set[Listener]] = {}
        for host, port, inode in connections():
            if port == self.radio.port and host in hosts and (listener := self._owner(inode)) is not None:
                found.setdefault(hosts[host], set()).add(listener)
        return {station: frozenset(who) for station, who in found.items()}

    def _owner(self, inode: int) -> Listener | None:
        if inode not in self._owners:
            for known, pid in sockets().items():
                if known not in self._owners:
                    self._owners[known] = Listener(pid, group_of(pid), known)
        return self._owners.get(inode)


def connections() -> list[tuple[str, int, int]]:
    """Return the far address and port of each open connection, and its inode; 0 has no process any more."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [(*_address(row[2]), int(row[9])) for row in rows if row[3] == ESTABLISHED and row[9] != "0"]


def _address(text: str) -> tuple[str, int]:
    host, port = text.split(":")
    return socket.inet_ntoa(struct.pack("=I", int(host, 16))), int(port, 16)


def sockets() -> dict[int, int]:
    """Return the process that holds each socket, by inode; of several the one that began last."""
    found: dict[int, int] = {}
    for pid in sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        try:
            links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        inodes = (re.fullmatch(r"socket:\[(\d+)\]", link) for link in links)
        found.update({int(inode[1]): pid for inode in inodes if inode})
    return found


def group_of(pid: int) -> int:
    """Return the actor's process that this one is or belongs to; 0: there is none."""
    while pid > 1 and (process := seen(pid)) is not None:
        if process.title.startswith("ray::"):
            return pid
        pid = process.parent
    return 0
