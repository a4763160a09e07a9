"""What a simulation found, as figures and as a table."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict

import numpy as np

from tests.fleet_simulation.world import World

FULL_CORES = 0.7
GOAL_SECONDS = 15.0
"""In which a station is to be served again."""
LONG_SECONDS = 60.0
"""What has been missing for less is on its way."""


def figures(world: World) -> dict[str, object]:
    """Return everything that was measured."""
    witness, total = world.witness, sum(cores for _, cores in world.costs.values())
    by_cause: dict[str, list[float]] = defaultdict(list)
    for one in witness.interruptions:
        by_cause[one.cause].append(one.seconds)
    everything = [one.seconds for one in witness.interruptions]
    first = sorted(witness.first_served_at.values())
    unserved = np.array([count for at, count in witness.unserved if at > world.plan.quiet_seconds] or [0])
    return {
        "plan": asdict(world.plan),
        "faults": {what: n for what, n in sorted(witness.counts.items()) if "interrupted" not in what},
        "interruptions": {cause: _seconds(found) for cause, found in sorted(by_cause.items())},
        "all interruptions": _seconds(everything),
        "not served again": sum(world.agenda.now - at > LONG_SECONDS for _, at in witness.missing.values()),
        "all stations first served after s": round(first[-1], 1) if len(first) == len(world.fleet) else None,
        "stations unserved": {
            "mean": round(float(unserved.mean()), 2),
            "most": int(unserved.max()),
            "share": float(f"{unserved.mean() / len(world.fleet):.3g}"),
        },
        "two groups at one station, or an epoch that does not rise": witness.counts["wrong"],
        "wrong": witness.wrong,
        "cores a 1000 stations": round(1000 * total / len(world.fleet), 2),
        "groups needed at 0.7 cores": math.ceil(total / FULL_CORES),
        "machines needed": math.ceil(math.ceil(total / FULL_CORES) / max(1, int(world.plan.cores))),
        "groups at the end": sum(len(machine.groups) for machine in world.machines),
        "supervisor ms": {
            "tick": _milliseconds([tick for tick, _ in world.ticks]),
            "placement": _milliseconds([placement for _, placement in world.ticks]),
            "reports, ms a second": round(1000 * world.report_seconds / world.agenda.now, 2),
        },
    }


def table(found: dict[str, object]) -> str:
    """Lay out figures for people."""
    lines: list[str] = []
    for what, value in found.items():
        if isinstance(value, dict):
            lines.append(f"{what}:")
            lines += [f"  {key}: {_row(one)}" for key, one in value.items()]
        else:
            lines.append(f"{what}: {value}")
    return "\n".join(lines)


def wrongs(found: dict[str, object]) -> bool:
    """Whether anything was not as it must be."""
    return bool(found["wrong"] or found["not served again"]) or (
        found["all stations first served after s"] is None
    )


def _seconds(found: list[float]) -> dict[str, float]:
    if not found:
        return {"n": 0}
    p50, p99 = np.percentile(found, [50, 99])
    return {
        "n": len(found),
        "p50": round(float(p50), 2),
        "p99": round(float(p99), 2),
        "max": round(max(found), 2),
        f"within {GOAL_SECONDS:g} s": round(float(np.mean(np.array(found) <= GOAL_SECONDS)), 4),
    }


def _milliseconds(found: list[float]) -> dict[str, float]:
    return {key: value if key == "n" else round(1000 * value, 2) for key, value in _raw(found).items()}


def _raw(found: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(found, [50, 99])
    return {"n": len(found), "p50": float(p50), "p99": float(p99), "max": max(found)}


def _row(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return str(value)
