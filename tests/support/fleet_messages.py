"""Made-up messages of a fleet, of any size, with all that can be wrong with one."""

from __future__ import annotations

from typing import Any

NODE = "radio"
STATIONS_CSV = "stations.csv:12: no address; write one, or take the line out"


def fleet_message(
    time: str,
    *,
    machines: int = 3,
    groups_each: int = 1,
    stations_each: int = 20,
    failing: int = 0,
    waiting: int = 0,
    lost: int = 0,
    gone: int = 0,
    silent: int = 0,
    lagging: int = 0,
    most_listed: int = 200,
    **changes: Any,
) -> dict[str, Any]:
    """Say how a fleet is; the first groups are lost, then silent, then lagging; the last machines gone."""
    states = ["lost"] * lost + ["silent"] * silent + ["serving"] * (machines * groups_each)
    groups: list[dict[str, Any]] = []
    for number in range(machines * groups_each):
        machine, place = divmod(number, groups_each)
        lags = lost + silent <= number < lost + silent + lagging
        if machine < machines - gone:
            groups.append(_group(number, machine, place, states[number], stations_each, lags=lags))
    unheard = _fail(groups, failing)
    all_stations = machines * groups_each * stations_each
    told = {
        "schema": 1,
        "type": "fleet",
        "node": NODE,
        "time": time,
        "version": "0.1.0",
        "supervisor": {"machine": machine_name(0), "up_seconds": 7384.2},
        "publisher": {"machine": machine_name(0), "up_seconds": 7380.9, "trouble": None},
        "stations": {
            "total": all_stations,
            "heard": all_stations - failing - waiting,
            "waiting": waiting,
            "failing": failing,
            "disabled": 0,
        },
        "machines": [_machine(number, groups, alive=number < machines - gone) for number in range(machines)],
        "groups": groups[:most_listed],
        "failing": unheard[:most_listed],
        "problems": [],
    }
    return told | changes


def machine_name(number: int) -> str:
    return "head-3f2a91" if number == 0 else f"node-{(number * 2654435761) % 2**24:06x}"


def _machine(number: int, groups: list[dict[str, Any]], *, alive: bool) -> dict[str, Any]:
    own = [group for group in groups if group["machine"] == machine_name(number)]
    return {
        "id": machine_name(number),
        "alive": alive,
        "cores": 4.0,
        "groups": len(own),
        "stations": sum(group["stations"] for group in own),
        "load": round(sum(group["load"] for group in own), 3),
        "lag_seconds": max((group["lag_seconds"] for group in own), default=0.0),
    }


def _group(number: int, machine: int, place: int, state: str, stations: int, *, lags: bool) -> dict[str, Any]:
    troubles = {"lost": "its process ended: killed by signal 9", "silent": None}
    return {
        "id": f"{machine_name(machine)}-{place}",
        "machine": machine_name(machine),
        "state": state,
        "pid": 4100 + number,
        "stations": 0 if state == "lost" else stations,
        "failing": 0,
        "load": 0.0 if state == "lost" else round(0.31 + 0.07 * (number % 5), 3),
        "lag_seconds": 4.2 if lags else 0.02,
        "seen_seconds_ago": {"lost": 12.4, "silent": 3.1}.get(state, 0.4),
        "starts": 1 + (state == "lost"),
        "trouble": troubles.get(state),
    }


REASONS = (
    ("reconnecting", "HTTP 404 Not Found"),
    ("stalled", "no sound for 8 s"),
    ("reconnecting", "connection refused"),
    ("failed", "radio.example: the name is not known"),
)


def _fail(groups: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Let stations fail, in one serving group after the other."""
    serving = [group for group in groups if group["state"] == "serving"]
    for number in range(count):
        serving[number % len(serving)]["failing"] += 1
    return [_failing(number, serving[number % len(serving)]["id"]) for number in range(count)]


def _failing(number: int, group: str) -> dict[str, Any]:
    state, reason = REASONS[number % len(REASONS)]
    return {
        "station": f"station-{number:04}",
        "group": group,
        "epoch": 1763762001 + number,
        "state": state,
        "reason": reason,
        "seconds": 33.1 + 61.7 * number,
    }
