"""How the fleet fares, in a line."""

from __future__ import annotations

from streamgenre.publish.payload import Payload

MOST_NAMED = 3


def summary(status: Payload) -> str:
    """Return, for a log and for systemd, what matters of a status."""
    stations = status["stations"]
    heard = f"{stations['heard']} of {stations['total']} stations heard"
    parts = [heard]
    if stations["disabled"]:
        parts.append(f"{stations['disabled']} switched off")
    if stations["waiting"]:
        parts.append(f"{stations['waiting']} waiting for a group")
    if failing := status["failing"]:
        named = ", ".join(row["station"] for row in failing[:MOST_NAMED])
        more = f" and {stations['failing'] - MOST_NAMED} more" if stations["failing"] > MOST_NAMED else ""
        parts.append(f"not heard: {named}{more}")
    alive = sum(machine["alive"] for machine in status["machines"])
    groups = sum(group["state"] in ("serving", "leaving") for group in status["groups"])
    parts.append(f"{_counted(alive, 'machine')}, {_counted(groups, 'group')}")
    lost = [group["id"] for group in status["groups"] if group["state"] in ("lost", "silent")]
    if lost:
        parts.append(f"lost: {', '.join(lost[:MOST_NAMED])}")
    trouble = status["publisher"].get("trouble") or status["supervisor"].get("trouble")
    return "; ".join([*parts, trouble] if trouble else parts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
