"""Running the program as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("streamgenre")
VARYING = frozenset({"time", "since", "start", "end", "latency_ms", "source", "node", "title"})


def run(
    *arguments: str | Path, stdin: bytes | None = None, seconds: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run to the end and return exit code, stdout and stderr as text."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        input=stdin if stdin is not None else b"",
        capture_output=True,
        timeout=seconds,
        check=False,
        env=os.environ | environment,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def json_lines(text: str) -> list[dict[str, Any]]:
    """Parse NDJSON."""
    return [json.loads(line) for line in text.splitlines()]


def stable_parts(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines without what may differ between two runs."""
    return [{key: value for key, value in line.items() if key not in VARYING} for line in lines]
