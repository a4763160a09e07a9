"""The one door to numba: how every kernel is compiled and where the result is kept."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call and keep the machine code for the next run.

    The code is kept beside the source or in the user's cache folder; where neither can be written
    in $CACHE_DIRECTORY (systemd's `CacheDirectory=`), and else not at all.
    """
    compile_with = functools.partial(numba.njit, nogil=True, error_model="numpy")
    try:
        return cast("Callable[P, R]", compile_with(cache=True)(function))
    except RuntimeError:
        caching = _use_service_cache_folder()
    return cast("Callable[P, R]", compile_with(cache=caching)(function))


def cache_folder(compiled: Callable[..., object]) -> Path | None:
    """Where the machine code of a kernel is kept; None where it is not."""
    statistics = getattr(compiled, "stats", None)
    return Path(statistics.cache_path) if statistics and statistics.cache_path else None


@functools.cache
def _use_service_cache_folder() -> bool:
    """Point numba at the folder systemd gave us; False, and one warning, when there is none."""
    folders = os.environ.get("CACHE_DIRECTORY", "").split(":")
    folder = Path(folders[0]) / "numba"
    if folders[0] and _can_write(folder):
        numba.config.CACHE_DIR = str(folder)  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]
        return True
    _log.warning(
        "no folder to keep compiled kernels in, so every start compiles them again (some seconds); "
        "set NUMBA_CACHE_DIR to a writable folder"
    )
    return False


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
