"""Scenarios run for a test: alone, with their report read."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet_lab.isolation import isolated, why_not
from tests.support.icecast import FFMPEG, ICECAST
from tests.support.mosquitto import MOSQUITTO

ROOT = Path(__file__).parents[3]


def require_parts() -> None:
    """Skip the test where something is missing that the laboratory needs."""
    parts = {"icecast2": ICECAST, "ffmpeg": FFMPEG, "mosquitto": MOSQUITTO}
    parts["Ray"] = importlib.util.find_spec("ray")
    for name, found in parts.items():
        if found is None:
            pytest.skip(f"{name} is not installed")
    if (reason := why_not()) is not None:
        pytest.skip(reason)


def report_of(folder: Path, *arguments: str, seconds: float) -> dict[str, Any]:
    """Run the laboratory in namespaces of its own, for no longer than this; return its report."""
    require_parts()
    report = folder / "report.json"
    options = ("--folder", str(folder / "lab"), "--report", str(report))
    command = isolated(sys.executable, "-m", "tests.support.fleet_lab", *arguments, *options)
    (folder / "lab").mkdir()
    with (folder / "told").open("wb") as told:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            cwd=ROOT,
            timeout=seconds,
            check=False,
        )
    assert done.returncode == 0, (folder / "told").read_text(errors="replace")[-6000:]
    return json.loads(report.read_text())


def finding(report: dict[str, Any], scenario: str) -> dict[str, Any]:
    return next(found for found in report["findings"] if found["scenario"] == scenario)
