"""From sound to a decision: devices, sound server, decoder, models, kernels."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from streamgenre.doctor.check import Check, Part

MODEL_SECONDS = 300.0
ANSWER_SECONDS = 5.0
USERS_FOLDERS = Path("/run/user")


def sound_parts(models: Iterable[str]) -> list[Part]:
    return [
        Part("capture", _capture),
        Part("sound server", _sound_server),
        Part("decoder", _decoder),
        *(Part("model", partial(_model, name), MODEL_SECONDS) for name in models),
        Part("kernels", _kernels, MODEL_SECONDS),
    ]


def _capture() -> Iterator[Check]:
    from streamgenre.capture.devices.device_list import list_devices

    found = list_devices()
    names = ", ".join(device.identity for device in found.devices)
    if found.devices:
        yield Check("capture", "warning" if found.notes else "ok", names, "; ".join(found.notes) or None)
    else:
        remedy = "; ".join(found.notes) or "plug in a sound card; files, URLs and PCM work without"
        yield Check("capture", "warning", "no capture device and no monitor", remedy)


def _sound_server() -> Iterator[Check]:
    """Whether PipeWire or PulseAudio can be reached by who runs this: the daemon may be somebody else."""
    words, environment = ["pactl", "info"], {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        answer = subprocess.run(  # noqa: S603  # fixed words
            words, capture_output=True, timeout=ANSWER_SECONDS, check=False, env=environment
        )
    except FileNotFoundError:
        told = "pactl is not installed; only monitors need it"
        yield Check("sound server", "ok", told, "for monitors: apt-get install pulseaudio-utils")
        return
    except subprocess.TimeoutExpired:
        yield Check("sound server", "failed", "it does not answer", "restart PipeWire or PulseAudio")
        return
    said = dict(
        line.split(": ", 1) for line in answer.stdout.decode("utf-8", "replace").splitlines() if ": " in line
    )
    if answer.returncode == 0 and "Server Name" in said:
        sink = said.get("Default Sink", "none")
        yield Check("sound server", "ok", f"{said['Server Name']}, its default sink is {sink}")
    else:
        yield Check("sound server", "ok", "none can be reached by this user", _way_to_a_sound_server())


def _way_to_a_sound_server() -> str:
    """A sound server lets in only whom it belongs to; root alone sees that there are others'."""
    if owner := next((_owner(path) for path in USERS_FOLDERS.glob("*/pulse/native")), None):
        as_owner = f"run streamgenre as {owner} (`streamgenre service install --user`)"
        return f"{owner} has one: for its sound {as_owner}"
    return "for monitors and desktop microphones start PipeWire or PulseAudio in this user's session"


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (OSError, KeyError):
        return "somebody"


def _decoder() -> Iterator[Check]:
    version = importlib.metadata.version("av")
    from streamgenre.capture.media import ffmpeg_version

    yield Check("decoder", "ok", f"PyAV {version} with {ffmpeg_version()}")


def _model(name: str) -> Iterator[Check]:
    from streamgenre.classify.golden import verify_model

    report = verify_model(name)
    worst = max(report.checks, key=lambda check: check.max_error / check.tolerance)
    found = f"{report.name}: golden vectors within {worst.max_error:.1e} ({report.windows} windows)"
    if report.passed:
        yield Check("model", "ok", found)
    else:
        yield Check("model", "failed", found, "reinstall the model, or onnxruntime")


def _kernels() -> Iterator[Check]:
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
        yield Check("kernels", "warning", f"first frames after {milliseconds:.0f} ms, not cached", remedy)
    else:
        yield Check("kernels", "ok", f"first frames after {milliseconds:.0f} ms, cached in {folder}")
