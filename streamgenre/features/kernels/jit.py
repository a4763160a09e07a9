"""The one door to numba: how every kernel is compiled and where the result is kept."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.runtime.nrt import rtsys

from streamgenre.features.kernels import lanes_llvm  # noqa: F401  # pyright: ignore[reportUnusedImport]  # teaches numba what parts are written in

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)


class _OptionalCache(FunctionCache):  # pyright: ignore[reportUntypedBaseClass]  # numba has no types
    """A cache that may fail: on a full disk or a damaged file the kernel is compiled instead."""

    def _index_key(self, sig: object, codegen: object) -> Any:  # noqa: ANN401
        """What the code depends on: to numba's list, add the source of the parts in other modules."""
        return (*super()._index_key(sig, codegen), _source_digest())

    def load_overload(self, sig: object, target_context: object) -> Any:  # noqa: ANN401  # numba's own object
        """As numba's, without what only compiling needs: loading that takes a fifth of a second."""
        try:
            rtsys.initialize(target_context)
            return self._load_overload(sig, target_context)
        except Exception as error:  # noqa: BLE001  # there is no end to what a damaged file may raise
            _warn_once(f"cannot read compiled kernels in {self.cache_path}: {error!r}; compiling them again")
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: object, data: object) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn_once(f"cannot keep compiled kernels in {self.cache_path}: {error}")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call and keep the machine code for the next run.

    The code is kept beside the source or in the user's cache folder; where neither can be written
    in $CACHE_DIRECTORY (systemd's `CacheDirectory=`), and else not at all.
    """
    compiled: Any = numba.njit(nogil=True, error_model="numpy")(function)
    if isinstance(compiled, Dispatcher):
        cache = _open_cache(function)
        if cache is not None:
            compiled._cache = cache  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]  # what cache=True sets
    return cast("Callable[P, R]", compiled)


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` into the kernels that call it; not to be called from Python."""
    return cast("Callable[P, R]", _compile_inside(function))


def any_order(function: Callable[P, R]) -> Callable[P, R]:
    """As `part`, for a sum whose terms may be added in any order, if always the same."""
    return cast("Callable[P, R]", _compile_inside(function, fastmath={"reassoc", "contract"}))


_njit: Any = numba.njit
_compile_inside = functools.partial(
    _njit,
    nogil=True,
    error_model="numpy",
    forceinline=True,
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)


def cache_folder(compiled: Callable[..., object]) -> Path | None:
    """Where the machine code of a kernel is kept; None where it is not."""
    statistics = getattr(compiled, "stats", None)
    return Path(statistics.cache_path) if statistics and statistics.cache_path else None


def _open_cache(function: Callable[..., object]) -> _OptionalCache | None:
    try:
        return _OptionalCache(function)
    except RuntimeError:
        return _OptionalCache(function) if _use_service_cache_folder() else None


@functools.cache
def _source_digest() -> str:
    folder = Path(__file__).parent
    sources = [*sorted(folder.glob("*.py")), folder.parent / "mel_filterbank.py"]  # its tuple is compiled in
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


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


@functools.cache
def _warn_once(message: str) -> None:
    _log.warning(message)
