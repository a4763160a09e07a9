"""Running one section in a process of its own, on one thread, and what becomes of a crash in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict

from streamgenre.bench.effort import Effort
from streamgenre.bench.machine import Machine, machine_of
from streamgenre.bench.rows import Row, failed, row_of
from streamgenre.errors import StreamgenreError

MACHINE = "machine"
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS"),
    "1",
)
"""What the libraries that are compared read as they are imported."""


LEFT_TO_CHANCE = ("front-end", "limits")
"""Where the system happens to place a process's memory slows one in some by a quarter, all its life."""


def run_section(section: str, effort: Effort) -> list[Row]:
    """Every row of a section, of the middle one of several processes where chance has a hand in it."""
    times = effort.processes_a_section if section in LEFT_TO_CHANCE else 1
    return middle_rows([_run_once(section, effort) for _ in range(times)])


def middle_rows(runs: list[list[Row]]) -> list[Row]:
    """Of each row the one whose figure lies in the middle; whatever broke is told, too."""
    if len(runs) == 1:
        return runs[0]
    alike: dict[tuple[str, str | None], list[Row]] = {}
    for row in (row for rows in runs for row in rows):
        alike.setdefault((row.name, row.peer), []).append(row)
    return [_middle(rows) for rows in alike.values()]


def _middle(rows: list[Row]) -> Row:
    broken = [row for row in rows if row.error]
    if broken:
        return broken[0]
    ordered = sorted(rows, key=lambda row: row.ratio or row.ours or 0.0)
    return ordered[len(ordered) // 2]


def _run_once(section: str, effort: Effort) -> list[Row]:
    """What a crash left unmeasured is one row with its error."""
    done = _run(section, effort)
    rows = [row_of(json.loads(line)) for line in done.stdout.splitlines()]
    if done.returncode:
        rows.append(failed(section, "the process that measures", _ending(done)))
    return rows


def examine_machine(effort: Effort) -> Machine:
    """The machine and its peaks, measured on one thread."""
    done = _run(MACHINE, effort)
    if done.returncode:
        raise StreamgenreError(f"cannot examine this machine: {_ending(done)}")
    return machine_of(json.loads(done.stdout))


def _run(section: str, effort: Effort) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streamgenre.bench", section, json.dumps(asdict(effort))]
    return subprocess.run(  # noqa: S603  # ourselves
        command, env=os.environ | ONE_THREAD, capture_output=True, text=True, errors="replace", check=False
    )


def _ending(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return f"exit code {done.returncode}" + (f": {lines[-1]}" if lines else "")
