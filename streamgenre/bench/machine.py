"""Which machine this is, what is installed on it, and how fast it can be at best."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from streamgenre.bench.peers import PEERS

_OURS = ("streamgenre", "numpy", "numba", "llvmlite", "onnxruntime", "av", "soxr")
_EXTENSIONS = (
    "sse4_2 avx f16c fma avx2 avx_vnni avx512f avx512bw avx512vl avx512_vnni amx_tile asimd asimddp sve sve2"
)
_MATRIX = 768
_COPY_BYTES = 1 << 26
_TRIES = 15


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures come from."""

    processor: str
    cores: int
    """Processors this process may use."""
    vector_extensions: tuple[str, ...]
    system: str
    python: str
    load: float
    """Processes that wanted to run in the last minute, as the run began."""
    sgemm_gflops: float
    """Best rate of a float32 matrix product on one thread, 1e9 multiplications and additions a second."""
    copy_gbytes: float
    """Best rate of copying memory far larger than a cache, one thread, 1e9 bytes read or written a second."""


def machine_of(found: dict[str, Any]) -> Machine:
    """Read what was written as JSON."""
    vector_extensions: Any = tuple(found["vector_extensions"])
    return Machine(**{**found, "vector_extensions": vector_extensions})


def this_machine() -> Machine:
    """Look, and measure the peaks."""
    load = os.getloadavg()[0]
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        vector_extensions=_vector_extensions(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        load=round(load, 2),
        sgemm_gflops=round(sgemm_gflops(), 1),
        copy_gbytes=round(copy_gbytes(), 2),
    )


def versions() -> dict[str, str | None]:
    """Each library's version; None where it is not installed."""
    return {name: _version(name) for name in (*_OURS, *PEERS)}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    names = _cpuinfo("model name")
    return names[0] if names else platform.processor() or platform.machine()


def _vector_extensions() -> tuple[str, ...]:
    flags = " ".join([*_cpuinfo("flags"), *_cpuinfo("Features")]).split()
    return tuple(name for name in _EXTENSIONS.split() if name in flags)


def _cpuinfo(key: str) -> list[str]:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [line.partition(":")[2].strip() for line in lines if line.startswith(key)]


def sgemm_gflops() -> float:
    a = np.ones((_MATRIX, _MATRIX), np.float32)
    b, product = a.copy(), a.copy()
    return 2e-9 * _MATRIX**3 / min(_seconds(lambda: np.matmul(a, b, out=product)) for _ in range(_TRIES))


def copy_gbytes() -> float:
    a = np.ones(_COPY_BYTES, np.uint8)
    b = a.copy()
    return 2e-9 * _COPY_BYTES / min(_seconds(lambda: np.copyto(b, a)) for _ in range(_TRIES))


def _seconds(run: object) -> float:
    assert callable(run)
    begin = time.process_time()
    run()
    return time.process_time() - begin
