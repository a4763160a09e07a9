"""Finding those that a scenario kills, by what they do, not by what they say of themselves."""

from __future__ import annotations

import re

from tests.support.fleet_lab.cluster import Node
from tests.support.fleet_lab.lab import Lab
from tests.support.fleet_lab.processes import Process, processes

SUPERVISOR = re.compile(r"^ray::\w*supervisor", re.IGNORECASE)
PUBLISHER = re.compile(r"^ray::\w*(publisher|voice)", re.IGNORECASE)


def busiest_group(lab: Lab) -> int:
    """Return the process id of the group that listens to most stations."""
    groups = {group: count for group, count in lab.watch.groups().items() if group}
    return max(groups, key=lambda group: groups[group])


def busiest_decoder(lab: Lab) -> int:
    """Return the process id of the one that has most connections to stations."""
    counts: dict[int, int] = {}
    for who in lab.watch.now().values():
        for pid in {one.pid for one in who}:
            counts[pid] = counts.get(pid, 0) + 1
    return max(counts, key=lambda pid: counts[pid])


def busiest_worker(lab: Lab) -> Node:
    """Return the machine, not the head, whose groups listen to most stations."""
    groups = lab.watch.groups()
    return max(
        lab.cluster.workers,
        key=lambda node: sum(groups.get(one.pid, 0) for one in node.processes),
    )


def served_on(lab: Lab, node: Node) -> frozenset[str]:
    """Return the stations that a machine's processes listen to."""
    pids = {one.pid for one in node.processes}
    return frozenset(s for s, who in lab.watch.now().items() if any(one.pid in pids for one in who))


def heard_through(lab: Lab, decoder: int) -> frozenset[str]:
    """Return the stations that a decoder is connected to."""
    return frozenset(s for s, who in lab.watch.now().items() if any(one.pid == decoder for one in who))


def actor(title: re.Pattern[str]) -> int:
    """Return the process id of the one actor of that title."""
    return next(one.pid for one in actors() if title.match(one.title))


def actors() -> list[Process]:
    """Return the processes of every actor; those that wait for one, and Ray's own, are left out."""
    own = re.compile(r"^ray::(IDLE|DashboardAgent|RuntimeEnvAgent|SPILL|RESTORE)")
    return [one for one in processes() if one.title.startswith("ray::") and not own.match(one.title)]
