"""Several Ray nodes on this machine, inside `isolated_ray`; each a raylet, as on machines of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HEAD_PORT = 6379
RAY = (sys.executable, "-m", "ray.scripts.scripts")
HEAD = f"127.0.0.1:{HEAD_PORT}"


def start_head(cpus: int) -> None:
    """Start a head in the background."""
    _ray("start", "--head", f"--port={HEAD_PORT}", "--include-dashboard=false", f"--num-cpus={cpus}")


def start_node(cpus: int, around: Sequence[str] = ()) -> None:
    """Add a node; `around`: a call that runs it in namespaces of its own."""
    _ray("start", f"--address={HEAD}", f"--num-cpus={cpus}", around=around)


def _ray(*words: str, around: Sequence[str] = ()) -> None:
    store = ("--object-store-memory=80000000", "--node-ip-address=127.0.0.1", "--disable-usage-stats")
    subprocess.run([*around, *RAY, *words, *store], check=True, capture_output=True, timeout=90)


def processes(part: str) -> list[int]:
    """Return the processes whose command line has the part, the oldest first."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if folder.name.isdigit() and int(folder.name) != os.getpid() and part in words:
                found.append(int(folder.name))
        except OSError:
            continue
    return sorted(found)


def ray_processes() -> list[int]:
    """Return what Ray has started, of any kind."""
    return processes("/site-packages/ray/") + processes("ray::")


def wait_until(holds: Callable[[], object], seconds: float = 90) -> None:
    """Wait until it holds; fail where it does not in time."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, f"never held in {seconds} s"
        time.sleep(0.1)
