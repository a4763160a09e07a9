"""What a process holds: memory, descriptors, threads."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holdings:
    """At one instant, having given back what could be."""

    at_hours: float
    """Of waking time, simulated."""
    resident_bytes: int
    descriptors: int
    threads: int


def holdings(at_hours: float) -> Holdings:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    return Holdings(at_hours, pages * os.sysconf("SC_PAGE_SIZE"), descriptors, threading.active_count())
