"""Every scenario by its name, run in the order asked for, and judged together."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.support.fleet_lab import changes, kills
from tests.support.fleet_lab.checks import judged
from tests.support.fleet_lab.costs import cost
from tests.support.fleet_lab.lab import Lab, Size, laboratory
from tests.support.fleet_lab.recording import save, taken
from tests.support.fleet_lab.recovery import Finding, double_service
from tests.support.fleet_lab.settling import settle
from tests.support.fleet_lab.storm import storm

GOAL_SECONDS = 15.0
SCENARIOS: dict[str, Callable[[Lab], Finding]] = {
    "up": changes.up,
    "status": changes.status,
    "cost": cost,
    "kill-group": kills.kill_group,
    "kill-decoder": kills.kill_decoder,
    "kill-raylet": kills.kill_raylet,
    "kill-node": kills.kill_node,
    "kill-supervisor": kills.kill_supervisor,
    "kill-publisher": kills.kill_publisher,
    "freeze-group": kills.freeze_group,
    "freeze-node": kills.freeze_node,
    "storm": storm,
    "join": changes.join,
    "stations": changes.stations,
    "head-loss": changes.head_loss,
    "stop": changes.stop,
}
"""In an order in which all can run in one laboratory; `up` is always the first."""


def run(names: Sequence[str], size: Size, folder: Path) -> dict[str, Any]:
    """Return the report."""
    with laboratory(folder, size) as lab:
        try:
            findings = [_run_one("up", lab)]
            if not findings[0].wrongs:
                findings += [_run_one(name, lab) for name in names if name != "up"]
        finally:
            heard = taken(lab.listening.heard)
            save(heard, folder / "messages.ndjson")
        verdict = judged(heard)
        doubles = double_service(lab.watch.changes, frozenset(lab.frozen))
    return {
        "size": asdict(size),
        "findings": [asdict(finding) for finding in findings],
        "messages": asdict(verdict),
        "two_groups_at_once_seconds": doubles,
        "wrongs": [*(wrong for finding in findings for wrong in finding.wrongs), *verdict.wrongs],
    }


def _run_one(name: str, lab: Lab) -> Finding:
    began = time.monotonic()
    try:
        finding = SCENARIOS[name](lab)
        if name != "stop":
            settle(lab)
    except AssertionError as error:
        finding = Finding(name, wrongs=[f"{name}: {error}"])
    finding.notes["load_average"] = round(os.getloadavg()[0], 1)
    sys.stderr.write(f"{name}: {finding.served_again} in {time.monotonic() - began:.0f} s {finding.wrongs}\n")
    return finding
