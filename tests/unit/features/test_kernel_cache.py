"""Where compiled kernels are kept, and that no state of that folder stops the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import logging, resource, sys
logging.basicConfig(format="%(message)s")
if "full" in sys.argv:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
import numpy as np
from streamgenre.features.kernels.jit import cache_folder
from streamgenre.features.kernels.loudness import GainLaw, fill_gains
gains, law = np.zeros(3, np.float32), GainLaw(gate=0.1, memory=0.9, target=1.0, least=0.1, greatest=10.0)
fill_gains(np.full(3, 0.5), tuple(law), np.zeros(2), gains)
print(gains.sum(), cache_folder(fill_gains), sum(fill_gains.stats.cache_hits.values()))
"""


def run_kernel(*words: str, **environment: str) -> tuple[list[str], str]:
    inherited = {
        key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", "CACHE_DIRECTORY")
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        env=inherited | {"NUMBA_DISABLE_JIT": "0"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


def test_kernels_are_kept_for_the_next_run(tmp_path: Path):
    first, _ = run_kernel(NUMBA_CACHE_DIR=str(tmp_path))
    second, _ = run_kernel(NUMBA_CACHE_DIR=str(tmp_path))
    assert first[0] == second[0] == "6.0"
    assert (first[2], second[2]) == ("0", "1")


def test_a_full_disk_is_a_warning(tmp_path: Path):
    printed, warnings = run_kernel("full", NUMBA_CACHE_DIR=str(tmp_path))
    assert printed[0] == "6.0"
    assert "cannot keep compiled kernels" in warnings


@pytest.mark.parametrize("damage", [b"", b"neither index nor code"])
def test_damaged_files_are_compiled_again(tmp_path: Path, damage):
    run_kernel(NUMBA_CACHE_DIR=str(tmp_path))
    for kept in [*tmp_path.rglob("*.nbi"), *tmp_path.rglob("*.nbc")]:
        kept.write_bytes(damage)
    printed, warnings = run_kernel(NUMBA_CACHE_DIR=str(tmp_path))
    assert printed[0] == "6.0"
    assert "compiling them again" in warnings
    healed, warnings = run_kernel(NUMBA_CACHE_DIR=str(tmp_path))
    assert (healed[2], warnings) == ("1", "")


def test_no_writable_folder_is_one_warning():
    printed, warnings = run_kernel(
        NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator", CACHE_DIRECTORY="/proc/none"
    )
    assert printed[:2] == ["6.0", "None"]
    assert warnings.count("no folder to keep compiled kernels in") == 1


def test_the_service_folder_is_used_where_no_other_can_be_written(tmp_path: Path):
    printed, warnings = run_kernel(
        NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator", CACHE_DIRECTORY=f"{tmp_path}:/elsewhere"
    )
    assert Path(printed[1]).is_relative_to(tmp_path / "numba")
    assert not warnings
