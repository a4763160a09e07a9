"""This machine and this installation."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import shutil
import sqlite3
import ssl
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from streamgenre.doctor.check import Check, Part

LEAST_FREE_BYTES = 200_000_000
EARLIEST_SANE_YEAR = 2026
LIBRARIES = (
    "av", "httpx", "llvmlite", "numba", "numpy", "onnxruntime", "paho-mqtt", "prometheus-client", "rich",
    "sounddevice", "soxr", "typer",
)  # fmt: skip
NOT_SYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2)."""
TIMEX_BYTES = 512
"""More than struct timex has anywhere."""


def machine_parts() -> list[Part]:
    return [
        Part("program", _program),
        Part("machine", _machine),
        Part("libraries", _libraries),
        Part("disk", lambda: [free_space("disk", Path(tempfile.gettempdir()))]),
        Part("clock", _clock),
    ]


def free_space(name: str, folder: Path) -> Check:
    """Tell how much there is where `folder` is."""
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free in {folder}"
    if free < LEAST_FREE_BYTES:
        return Check(name, "warning", found, "free some space; caches, history and outbox need a little")
    return Check(name, "ok", found)


def _program() -> Iterator[Check]:
    version = importlib.metadata.version("streamgenre")
    python = f"Python {platform.python_version()}"
    yield Check("program", "ok", f"streamgenre {version}, {python} in {sys.prefix}")


def _machine() -> Iterator[Check]:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    ours, all_cores = len(os.sched_getaffinity(0)), os.cpu_count()
    cores = f"{all_cores} cores" if ours == all_cores else f"{ours} of {all_cores} cores"
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Check("machine", "ok", f"{_distribution()}, {kernel}, {cores}, {gigabytes:.1f} GB of memory")


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown distribution")
    except OSError:
        return "unknown distribution"


def _libraries() -> Iterator[Check]:
    versions, missing = list[str](), list[str]()
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    found = ", ".join([*versions, f"SQLite {sqlite3.sqlite_version}", ssl.OPENSSL_VERSION])
    if missing:
        yield Check("libraries", "failed", f"missing: {', '.join(missing)}; {found}", "reinstall streamgenre")
    else:
        yield Check("libraries", "ok", found)


def _clock() -> Iterator[Check]:
    now = datetime.now(UTC)
    found = now.isoformat(timespec="seconds")
    if now.year < EARLIEST_SANE_YEAR:
        remedy = "set the clock (timedatectl set-ntp true): the times in messages are wrong"
        yield Check("clock", "failed", found, remedy)
    elif _kernel_clock() == NOT_SYNCHRONISED:
        remedy = "have it set by the network (timedatectl set-ntp true), for the times in messages"
        yield Check("clock", "warning", f"{found}, not synchronised", remedy)
    else:
        yield Check("clock", "ok", f"{found}, synchronised" if _kernel_clock() >= 0 else found)


def _kernel_clock() -> int:
    """Return adjtimex(2)'s state of the clock, changing nothing; negative: it may not be asked."""
    return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
