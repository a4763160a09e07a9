"""Scenarios in which a fleet begins, grows, changes and ends."""

from __future__ import annotations

import time
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from tests.support.fleet_lab.lab import HEARTBEAT_SECONDS, NODE, Lab
from tests.support.fleet_lab.processes import share_of_a_core
from tests.support.fleet_lab.recording import Told, by_station
from tests.support.fleet_lab.recovery import Finding, epochs, first_states, online_again, times
from tests.support.fleet_lab.settling import settle
from tests.support.fleet_lab.victims import actors, served_on

PATIENCE_SECONDS = 120.0
BAD_LINE = "no-address,"


def up(lab: Lab) -> Finding:
    """Start a fleet: every station is heard, and each machine has its share."""
    began = time.monotonic()
    lab.fleet.start()
    lab.wait_until_served(began)
    finding = Finding("up", times(first_states(lab.told(), lab.stations, began)))
    settle(lab)
    finding.notes["stations_by_machine"] = _spread(lab)
    pids = [one.pid for one in _all_of_ours(lab)]
    finding.notes["cores_in_all"] = round(share_of_a_core(pids, lab.size.calm_seconds), 2)
    idle = [node.name for node in lab.cluster.workers if not served_on(lab, node)]
    finding.wrongs += [f"up: {name} has no station" for name in idle]
    return finding


def status(lab: Lab) -> Finding:
    """Ask from another terminal; what it tells is what is seen from outside."""
    asked: list[dict[str, Any]] = []

    def agrees() -> bool:
        asked.append(lab.fleet.status())
        return asked[-1]["stations"]["heard"] == len(lab.watch.now())

    agreed = lab.comes(agrees, PATIENCE_SECONDS)
    finding = Finding("status", notes={"status": asked[-1]})
    if not agreed:
        finding.wrongs.append(f"status: {asked[-1]['stations']}, {len(lab.watch.now())} are listened to")
    return finding


def stations(lab: Lab) -> Finding:
    """Take some away, add some, send some elsewhere, and slip in a bad line; nothing else is touched."""
    before, hearing = epochs(lab.told()), lab.watch.now()
    added, elsewhere = lab.spare[:3], dict(zip(lab.stations[3:6], lab.spare[3:6], strict=True))
    lab.list_stations((*lab.stations[3:], *added), **elsewhere)
    with lab.fleet.stations_file.open("a") as file:
        file.write(f"{BAD_LINE}\n")
    began = time.monotonic()
    lab.fleet.read_stations_again()
    wanted = set(lab.mounts.values())
    finding = Finding("stations")
    if not lab.comes(lambda: set(lab.watch.now()) == wanted, PATIENCE_SECONDS):
        finding.wrongs.append(f"stations: {set(lab.watch.now()) ^ wanted} are listened to or not")
    lab.wait(lambda: lab.all_heard((*added, *elsewhere), began), "the new stations")
    finding.served_again = times(first_states(lab.told(), added, began, before))
    finding.notes["elsewhere"] = asdict(times(online_again(lab.told(began), elsewhere, began)))
    return _unchanged_are_untouched(lab, finding, hearing, before)


def _unchanged_are_untouched(lab: Lab, finding: Finding, hearing, before: dict[str, int]) -> Finding:
    now, after, untouched = lab.watch.now(), epochs(lab.told()), lab.stations[6:]
    moved = [s for s in untouched if after[s] != before[s]]
    finding.notes["untouched"] = len(untouched)
    finding.notes["moved_meanwhile"] = moved
    anew = [s for s in untouched if now.get(s) != hearing[s] and s not in moved]
    finding.wrongs += [f"stations: {s} was connected anew" for s in anew]
    gone = [_availability(station) for station in lab.stations[:3]]
    finding.notes["availability_of_those_taken_away"] = [one.text for t in gone for one in _last(lab, t)]
    if "stations.csv" not in lab.fleet.log:
        finding.wrongs.append("stations: the bad line was not told")
    return finding


def join(lab: Lab) -> Finding:
    """Let a further machine join: it gets its share."""
    before, began = epochs(lab.told()), time.monotonic()
    node = lab.cluster.prepare(1)
    node.start()
    node.wait_until_up()
    joined = time.monotonic()
    came = lab.comes(lambda: served_on(lab, node), PATIENCE_SECONDS)
    settle(lab)
    after = epochs(lab.told())
    moved = [s for s, epoch in after.items() if epoch > before.get(s, 0)]
    finding = Finding("join", times(_gaps(lab.told(began - 2 * HEARTBEAT_SECONDS), moved)))
    finding.notes["joined_after_seconds"] = round(joined - began, 1)
    finding.notes["stations_by_machine"] = _spread(lab)
    if not came:
        finding.wrongs.append("join: the new machine has no station")
    return finding


def _gaps(told: list[Told], moved: list[str]) -> dict[str, float | None]:
    """Return how long each station told nothing between its last two groups."""
    found: dict[str, float | None] = dict.fromkeys(moved)
    for station, heard in by_station(told).items():
        for earlier, later in pairwise(heard):
            if station in found and later.epoch != earlier.epoch:
                found[station] = later.at - earlier.at
    return found


def head_loss(lab: Lab) -> Finding:
    """Cut the head's power and start it again; its disk is whole."""
    before, began, log_length = epochs(lab.told()), time.monotonic(), len(lab.fleet.log)
    lab.cluster.head.kill()
    lab.comes(lambda: not lab.watch.now(), 30.0)
    silent = time.monotonic() - began
    lab.cluster.head.start()
    lab.cluster.head.wait_until_up()
    up_again = time.monotonic()
    served = tuple(lab.mounts)
    lab.comes(lambda: _keep_up(lab) and _all_newer(lab, served, began, before), 2 * PATIENCE_SECONDS)
    finding = Finding("head-loss", times(first_states(lab.told(), served, up_again, before)))
    finding.notes["nobody_listened_after_seconds"] = round(silent, 1)
    finding.notes["head_was_away_seconds"] = round(up_again - began, 1)
    finding.notes["told"] = lab.fleet.log[log_length:].splitlines()[-20:]
    finding.wrongs += [f"head-loss: {s} was not served again" for s in finding.served_again.never]
    return finding


def _keep_up(lab: Lab) -> bool:
    """Start a machine's Ray again where it has ended, as its unit would."""
    for node in lab.cluster.workers:
        if node.ended:
            node.start()
    return True


def _all_newer(lab: Lab, served: tuple[str, ...], began: float, before: dict[str, int]) -> bool:
    return None not in first_states(lab.told(), served, began, before).values()


def stop(lab: Lab) -> Finding:
    """End the fleet: what is left is a cluster without us, and stations that are said to be away."""
    began = time.monotonic()
    done = lab.fleet.stop()
    finding = Finding("stop", notes={"said": (done.stdout + done.stderr).splitlines()})
    finding.notes["seconds"] = round(time.monotonic() - began, 1)
    if done.returncode != 0:
        finding.wrongs.append(f"stop: exit code {done.returncode}")
    if not lab.comes(lambda: lab.fleet.exit_code is not None, 60.0):
        finding.wrongs.append("stop: what ran in the foreground has not ended")
    finding.notes["exit_code_in_the_foreground"] = lab.fleet.exit_code
    lab.comes(lambda: not actors(), 30.0)
    finding.wrongs += [f"stop: {one.title} ({one.pid}) lives on" for one in actors()]
    finding.wrongs += [f"stop: {station} is still listened to" for station in lab.watch.now()]
    return _all_away(lab, finding)


def _all_away(lab: Lab, finding: Finding) -> Finding:
    """A station is available only where its own topic and that of the whole node say so."""
    status = f"streamgenre/{NODE}/status"
    if not lab.comes(lambda: _is(lab, status, "offline"), 30.0):
        finding.wrongs.append("stop: the node is not said to be offline")
    finding.notes["availability_left_online"] = [
        s for s in lab.mounts if _is(lab, _availability(s), "online")
    ]
    return finding


def _is(lab: Lab, topic: str, text: str) -> bool:
    return [one.text for one in _last(lab, topic)] == [text]


def _availability(station: str) -> str:
    return f"streamgenre/{NODE}/{station}/availability"


def _last(lab: Lab, topic: str):
    return lab.listening.on(topic)[-1:]


def _spread(lab: Lab) -> dict[str, int]:
    return {node.name: len(served_on(lab, node)) for node in lab.cluster.nodes.values()}


def _all_of_ours(lab: Lab):
    return [one for node in lab.cluster.nodes.values() for one in node.processes]
