"""What a sink of PulseAudio or PipeWire plays, through parec: PortAudio cannot list monitors."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from typing import Any, cast

from streamgenre.capture.capture_device import CaptureDevice, choose
from streamgenre.capture.pcm_source import PcmReader
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat

BLOCK_SECONDS = 0.1
LATENCY_MILLISECONDS = 50
_ANSWER_SECONDS = 5.0
_CLOSE_SECONDS = 0.3


class MonitorSource:
    """The monitor of one sink, at the sink's own rate and channel count."""

    live = True
    title = None
    damage = None

    def __init__(self, name: str | None = None) -> None:
        sink = choose(list_monitors(), name, "sink to monitor")
        self._shown = sink.name
        self._format = AudioFormat(sink.sample_rate_hz, sink.channels)
        self._block_samples = max(1, round(sink.sample_rate_hz * BLOCK_SECONDS))
        self._process = _started_parec(sink)
        self._reader = PcmReader(self._process.stdout.fileno(), self._format, "f32le")  # pyright: ignore[reportOptionalMemberAccess]
        self._closed = False
        self._broken: TransientSourceError | None = None

    @property
    def format(self) -> AudioFormat:
        return self._format

    @property
    def process_id(self) -> int:
        """Of parec."""
        return self._process.pid

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._closed:
            raise ValueError("this monitor is closed")
        if self._broken is None:
            try:
                return self._reader.read(self._block_samples, timeout_seconds)
            except EOFError:
                self._broken = self._death()
        raise self._broken

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for stop in (self._process.terminate, self._process.kill):
            stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_SECONDS)
                break
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _death(self) -> TransientSourceError:
        self._process.kill()
        said = self._process.communicate()[1].decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"exit code {self._process.returncode}"
        return TransientSourceError(
            f"monitor of {self._shown}: parec ended ({reason}); is the sound server running?"
        )


def list_monitors() -> list[CaptureDevice]:
    """Return the sinks of the running sound server. Raises SourceError when it or pactl is missing."""
    default_name = cast("dict[str, Any]", _ask("info")).get("default_sink_name")
    sinks = cast("list[dict[str, Any]]", _ask("list", "sinks"))
    return [device for sink in sinks if (device := _device(sink, default_name))]


def _device(sink: dict[str, Any], default_name: str | None) -> CaptureDevice | None:
    specification = re.search(r"(\d+)ch (\d+)Hz", str(sink.get("sample_specification")))
    if specification is None:
        return None
    return CaptureDevice(
        kind="monitor",
        name=sink["name"],
        identity=f"monitor:{sink['name']}",
        description=sink.get("description") or sink["name"],
        channels=int(specification[1]),
        sample_rate_hz=int(specification[2]),
        default=sink["name"] == default_name,
    )


def _ask(*words: str) -> object:
    """Ask the sound server through pactl."""
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words only
            ["pactl", "--format=json", *words],  # noqa: S607 - found on the PATH, as any program of the desktop
            capture_output=True,
            check=False,
            timeout=_ANSWER_SECONDS,
            env={**os.environ, "LC_ALL": "C.UTF-8"},  # decimal commas would break its JSON
        )
        if answer.returncode == 0:
            return json.loads(answer.stdout.decode("utf-8", "replace"))
    except (FileNotFoundError, PermissionError):
        raise _missing("pactl") from None
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        raise TransientSourceError(
            "the sound server does not answer pactl; restart PipeWire or PulseAudio"
        ) from None
    said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
    raise TransientSourceError(
        f"no sound server to monitor ({said[-1] if said else 'pactl failed'}); start PipeWire or PulseAudio"
    )


def _started_parec(sink: CaptureDevice) -> subprocess.Popen[bytes]:
    command = [
        "parec",
        "--raw",
        "--format=float32le",
        f"--rate={sink.sample_rate_hz}",
        f"--channels={sink.channels}",
        f"--latency-msec={LATENCY_MILLISECONDS}",
        f"--device={sink.name}.monitor",
        "--client-name=streamgenre",
        "--property=node.dont-reconnect=true",  # PipeWire would move us to another sink
    ]
    try:
        return subprocess.Popen(  # noqa: S603 - no shell; the sink's name comes from the server
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )
    except (FileNotFoundError, PermissionError):
        raise _missing("parec") from None


def _missing(program: str) -> SourceError:
    return PermanentSourceError(
        f"{program} is missing, but monitors need it; install it, as with: apt-get install pulseaudio-utils"
    )
