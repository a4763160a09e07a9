"""What must be right on this machine: one check a part, each with its remedy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from streamgenre.errors import StreamgenreError

LEAST_FREE_BYTES = 200_000_000
EARLIEST_SANE_YEAR = 2026
REMEDIES = {
    "capture": "files, URLs and PCM work without; for sound cards see the line above",
    "model": "`streamgenre models list` shows what is installed; name one of it with --model, or reinstall",
}
"""For failures that a part itself explains."""

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found."""

    name: str
    verdict: Verdict
    found: str
    remedy: str | None = None


def examine(model: str) -> list[Check]:
    """Run every check; none of them raises."""
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("program", _program),
        ("capture", _capture),
        ("decoder", _decoder),
        ("model", lambda: _model(model)),
        ("kernels", _kernels),
        ("disk", _disk),
        ("clock", _clock),
    ]
    return [_guarded(name, check) for name, check in checks]


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except StreamgenreError as error:
        return Check(name, "failed", str(error), REMEDIES.get(name, "do what the line above says"))
    except Exception as error:  # noqa: BLE001  # a check that breaks is a finding
        return Check(
            name, "failed", repr(error), "report this with the output of `streamgenre doctor --debug`"
        )


def _program() -> Check:
    version = importlib.metadata.version("streamgenre")
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("program", "ok", f"streamgenre {version}, {python}, {os.cpu_count()} cores")


def _capture() -> Check:
    from streamgenre.capture.devices.device_list import list_devices

    found = list_devices()
    names = ", ".join(device.identity for device in found.devices)
    if not found.devices:
        remedy = "; ".join(found.notes) or "plug in a sound card; files, URLs and PCM work without"
        return Check("capture", "warning", "no capture device and no monitor", remedy)
    return Check("capture", "warning" if found.notes else "ok", names, "; ".join(found.notes) or None)


def _decoder() -> Check:
    version = importlib.metadata.version("av")
    from streamgenre.capture.media import ffmpeg_version

    return Check("decoder", "ok", f"PyAV {version} with {ffmpeg_version()}")


def _model(name: str) -> Check:
    from streamgenre.classify.golden import verify_model

    report = verify_model(name)
    worst = max(report.checks, key=lambda check: check.max_error / check.tolerance)
    found = f"{report.name}: golden vectors within {worst.max_error:.1e} ({report.windows} windows)"
    if report.passed:
        return Check("model", "ok", found)
    return Check("model", "failed", found, "reinstall the model, or onnxruntime")


def _kernels() -> Check:
    import numpy as np

    from streamgenre.features import LogMel, LogMelSettings
    from streamgenre.features.kernels.jit import cache_folder
    from streamgenre.features.kernels.mel import log_mel_frames

    begin = time.perf_counter()
    LogMel(LogMelSettings()).process(np.sin(np.arange(4096, dtype=np.float32)))
    milliseconds = (time.perf_counter() - begin) * 1000
    folder = cache_folder(log_mel_frames)
    if folder is None:
        remedy = (
            "set NUMBA_CACHE_DIR to a folder that can be written, to spare the compilation at every start"
        )
        return Check("kernels", "warning", f"first frames after {milliseconds:.0f} ms, not cached", remedy)
    return Check("kernels", "ok", f"first frames after {milliseconds:.0f} ms, cached in {folder}")


def _disk() -> Check:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free in {folder}"
    if free < LEAST_FREE_BYTES:
        return Check("disk", "warning", found, "free some space; decoders and caches need a little")
    return Check("disk", "ok", found)


def _clock() -> Check:
    now = datetime.now(UTC)
    found = now.isoformat(timespec="seconds")
    if now.year < EARLIEST_SANE_YEAR:
        remedy = "set the clock (timedatectl set-ntp true): the times in messages are wrong"
        return Check("clock", "failed", found, remedy)
    return Check("clock", "ok", found)
