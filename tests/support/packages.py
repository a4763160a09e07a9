"""The files that people install, built from this checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD_SECONDS = 240.0
INSTALL_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Distributions:
    """What Python's installers take."""

    wheel: Path
    sdist: Path


def distributions(folder: Path) -> Distributions:
    """Build both."""
    hatchling(ROOT, folder)
    return Distributions(next(folder.glob("*.whl")), next(folder.glob("*.tar.gz")))


def hatchling(project: Path, folder: Path, *targets: str) -> None:
    words = [sys.executable, "-m", "hatchling", "build", "--directory", folder]
    run([*words, *(word for target in targets for word in ("--target", target))], BUILD_SECONDS, project)


def run(words: list[str | Path], seconds: float, folder: Path, **environment: str) -> str:
    """Run a program to its end; return what it printed. Fails with all it said."""
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=seconds, cwd=folder, check=False,
        env=os.environ | environment,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def skip_without_index(folder: Path) -> None:
    """Skip the test where pip reaches no index of packages: one small pinned requirement is asked for."""
    pinned = (ROOT / "requirements" / "run.txt").read_text()
    found = re.search(r"^mdurl==\S+", pinned, re.MULTILINE)
    assert found is not None
    words = [sys.executable, "-m", "pip", "--quiet", "--retries=0", "download", "--no-deps", found.group()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=folder, check=False)
    if done.returncode:
        pytest.skip(f"needs the network, or another index of packages: {done.stderr.strip()[-200:]}")
