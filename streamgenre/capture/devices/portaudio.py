"""PortAudio: what it can capture from, found again when it has changed. The only importer of sounddevice.

PortAudio looks for devices once, when it starts, and starts again only when no stream is open. So a list
older than some seconds is compared with that of a fresh, short-lived process: that one may hang or crash
without harm, and shows whether the device wanted is there under the name known here. Only if it is there
and not known here is PortAudio started again, and every open stream is closed for it: their sources say
so and come back with the next try. A device that stays away interrupts nobody.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from streamgenre.capture.devices.alsa_names import stable_names
from streamgenre.capture.devices.capture_device import CaptureDevice, choose
from streamgenre.capture.source_text import printable
from streamgenre.errors import PermanentSourceError, TransientSourceError

LIST_SECONDS = 5.0
"""How long a list of devices is believed."""
ANSWER_SECONDS = 8.0
CLOSE_SECONDS = 0.8

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device with the number PortAudio has for it until it starts again."""

    device: CaptureDevice
    index: int
    generation: int
    """How often PortAudio had started again when it was found."""


class OpenStream(Protocol):
    """A stream, from before it is opened until PortAudio has let go of it."""

    name: str

    @property
    def hangs(self) -> bool:
        """Whether its opening or closing takes longer than it may."""
        ...

    def end(self, reason: str) -> None:
        """Begin to close it, and tell its readers why."""
        ...

    def wait_until_closed(self, timeout_seconds: float) -> bool: ...


class PortAudio:
    """The PortAudio of this process: its list of devices, and a note of every stream it has."""

    def __init__(self, library: ModuleType) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._streams: set[OpenStream] = set()
        self._generation = 0
        self._runs = True
        self._listed_at = time.monotonic()
        atexit.register(self._leave_what_hangs)  # before sounddevice's own, which would wait for it

    def find(self, name: str | None) -> FoundDevice:
        """Choose from the list as it is known here. Raises PermanentSourceError when it is not there."""
        with self._lock:
            found = self._found()
        device = choose([each.device for each in found], name, "capture device")
        return next(each for each in found if each.device == device)

    def find_again(self, name: str | None) -> FoundDevice:
        """Choose from a list that is true now. Raises SourceError."""
        if time.monotonic() - self._listed_at < LIST_SECONDS:
            try:
                return self.find(name)
            except PermanentSourceError:
                pass  # it may have been plugged in just now
        wanted = choose(_devices(list_in_fresh_process()), name, "capture device")
        with self._lock:
            found = self._same(wanted) or self._renewed(wanted)
            self._listed_at = time.monotonic()
        return found

    def list_devices(self) -> list[CaptureDevice]:
        """Return every capture device there is now."""
        if time.monotonic() - self._listed_at < LIST_SECONDS:
            with self._lock:
                return [each.device for each in self._found()]
        return _devices(list_in_fresh_process())

    def doubt(self) -> None:
        """Have the list checked before it is used again: something has gone."""
        self._listed_at = -LIST_SECONDS

    def enter(self, stream: OpenStream, found: FoundDevice) -> None:
        """Note a stream about to be opened. Raises TransientSourceError when its number has passed."""
        with self._lock:
            if found.generation != self._generation:
                raise TransientSourceError(f"{found.device.name}: the devices were looked for anew meanwhile")
            self._streams.add(stream)

    def leave(self, stream: OpenStream) -> None:
        """Note that PortAudio has let go of a stream."""
        self._streams.discard(stream)

    def hanging(self) -> list[str]:
        """Return the names of devices whose streams hang, each as often as it does."""
        return [stream.name for stream in tuple(self._streams) if stream.hangs]

    def _found(self) -> list[FoundDevice]:
        if not self._runs:
            self._start()
        rows = _rows(self.library)
        return [
            FoundDevice(device, row["index"], self._generation)
            for device, row in zip(_devices(rows), rows, strict=True)
        ]

    def _same(self, wanted: CaptureDevice) -> FoundDevice | None:
        """Find the one that is opened in the same way: its name holds ALSA's own."""
        for each in self._found():
            known = each.device
            if (known.name, known.channels, known.sample_rate_hz) == (
                wanted.name,
                wanted.channels,
                wanted.sample_rate_hz,
            ):
                return each
        return None

    def _renewed(self, wanted: CaptureDevice) -> FoundDevice:
        """Start PortAudio again for a device that it does not know yet."""
        self._close_streams(wanted.name)
        if self._runs:
            self._runs = False
            self.library._terminate()  # noqa: SLF001 - sounddevice has no public way
        self._start()
        found = self._same(wanted)
        if found is None:
            raise TransientSourceError(f"{wanted.name} was there and is gone again")
        return found

    def _start(self) -> None:
        try:
            self.library._initialize()  # noqa: SLF001 - sounddevice has no public way
        except self.library.PortAudioError as error:
            raise TransientSourceError(f"PortAudio does not start again: {error}") from None
        self._runs = True
        self._generation += 1

    def _close_streams(self, wanted: str) -> None:
        hanging = self.hanging()
        streams = tuple(self._streams)
        if not hanging:
            for stream in streams:
                stream.end(f"{stream.name} is opened anew: PortAudio looks for {wanted}, which is back")
            give_up = time.monotonic() + CLOSE_SECONDS
            hanging = [
                stream.name
                for stream in streams
                if not stream.wait_until_closed(max(0.0, give_up - time.monotonic()))
            ]
        if hanging:
            raise TransientSourceError(
                f"{wanted} is back, but PortAudio cannot look for it while {hanging[0]} hangs; "
                "restart the sound server that it belongs to"
            )

    def _leave_what_hangs(self) -> None:
        if self.hanging() and hasattr(self.library, "_initialized"):
            # Its exit handler would wait for the stream.
            setattr(self.library, "_initialized", 0)  # noqa: B010 - a private name of an untyped module


def portaudio() -> PortAudio:
    """Return the one of this process. Raises PermanentSourceError when there is none."""
    global _shared  # noqa: PLW0603 - PortAudio itself is one a process
    library = _library()
    with _sharing:
        if _shared is None or _shared.library is not library:
            _shared = PortAudio(library)
        return _shared


def list_in_fresh_process() -> Rows:
    """Ask a PortAudio that has just started. Raises TransientSourceError when it does not answer."""
    search_path = os.pathsep.join(
        filter(None, [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH")])
    )
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-m", "streamgenre.capture.devices.portaudio"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search_path},
            start_new_session=True,
            timeout=ANSWER_SECONDS,
            check=True,
        )
        return json.loads(answer.stdout)
    except subprocess.TimeoutExpired:
        raise TransientSourceError(
            "the sound system does not answer PortAudio; restart PipeWire or PulseAudio"
        ) from None
    except (subprocess.CalledProcessError, json.JSONDecodeError):
        raise TransientSourceError(
            "PortAudio cannot list the devices; `streamgenre devices` may say why"
        ) from None


def _rows(library: ModuleType) -> Rows:
    default_index: int = library.default.device[0]
    kept = ("name", "index", "max_input_channels", "default_samplerate")
    return [
        {key: row[key] for key in kept} | {"default": row["index"] == default_index}
        for row in library.query_devices()
        if row["max_input_channels"] > 0
    ]


def _devices(rows: Iterable[dict[str, Any]]) -> list[CaptureDevice]:
    rows = list(rows)
    names = [printable(row["name"]) for row in rows]  # a device is called what its maker likes
    return [
        CaptureDevice(
            kind="microphone",
            name=name,
            identity=f"mic:{stable_name}",
            description=placed_name,
            channels=row["max_input_channels"],
            sample_rate_hz=round(row["default_samplerate"]),
            default=row["default"],
        )
        for row, name, (stable_name, placed_name) in zip(rows, names, stable_names(names), strict=True)
    ]


def _library() -> ModuleType:
    """Import sounddevice only now: without PortAudio, or under a broken ALSA configuration, that raises."""
    try:
        import sounddevice  # noqa: PLC0415 - see the docstring
    except OSError as error:
        raise PermanentSourceError(
            f"PortAudio is missing ({error}); install it, for example with: apt-get install libportaudio2"
        ) from None
    except Exception as error:  # noqa: BLE001 - its own error class cannot be imported when the import fails
        raise PermanentSourceError(
            f"PortAudio cannot start ({error}); check ALSA's ~/.asoundrc and /etc/asound.conf"
        ) from None
    return sounddevice


_sharing = threading.Lock()
_shared: PortAudio | None = None

if __name__ == "__main__":
    sys.stdout.write(json.dumps(_rows(_library())))
