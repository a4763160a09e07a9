"""Hearing many mutants in child processes: one that dies or hangs is a finding, and the rest are heard on."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 60.0
"""Until a child says something at first: it imports, and makes the files."""


@dataclass(slots=True)
class Batch:
    """What came of the mutants of a range of seeds."""

    results: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    """By seed, what mutant_hearing said of it."""
    findings: list[str] = field(default_factory=list[str])
    """What no mutant may do, with its seed."""
    held: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    """What the last child held at its start, after a tenth, at half and at its end."""

    def slowest(self, count: int) -> list[tuple[float, int]]:
        """Return seconds and seed of those that took longest."""
        return sorted(((told["took_seconds"], seed) for seed, told in self.results.items()), reverse=True)[
            :count
        ]


def hear_mutants(kind: str, first: int, count: int, limit_seconds: float = 20.0) -> Batch:
    """Hear `count` mutants from seed `first` on; kind: files or streams."""
    batch = Batch()
    at, end = first, first + count
    while at < end:
        at = _hear_on(batch, kind, at, end - at, limit_seconds)
    return batch


def _hear_on(batch: Batch, kind: str, first: int, count: int, limit_seconds: float) -> int:
    """Hear with one child for as long as it lasts; return the seed to go on with."""
    batch.held.clear()
    at = first
    with _child(kind, first, count) as (process, lines):
        while True:
            try:
                line = lines.get(timeout=limit_seconds if batch.held else START_SECONDS)
            except queue.Empty:
                batch.findings.append(f"seed {at}: nothing after {limit_seconds:g} s")
                return at + 1
            if line is None:
                break
            told = json.loads(line)
            at = told.get("at", at)
            if "held" in told:
                batch.held.append(told)
            elif "seed" in told:
                batch.results[at] = told
                if told["wrong"]:
                    batch.findings.append(f"seed {at}: {told['wrong']}")
    code = process.wait()
    if code == 0:
        return first + count
    how = signal.strsignal(-code) if code < 0 else f"exit code {code}"
    batch.findings.append(f"seed {at}: the process ended ({how})")
    return at + 1


@contextmanager
def _child(
    kind: str, first: int, count: int
) -> Iterator[tuple[subprocess.Popen[str], queue.Queue[str | None]]]:
    command = [sys.executable, "-W", "error", "-X", "faulthandler", "-m", "tests.support.mutant_hearing"]
    process = subprocess.Popen(
        [*command, kind, str(first), str(count)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # what grows is then a leak, not a thread's arena
    )
    lines: queue.Queue[str | None] = queue.Queue()
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def _read(pipe: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in pipe:
        lines.put(line)
    lines.put(None)
