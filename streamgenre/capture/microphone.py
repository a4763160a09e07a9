"""Capture devices through PortAudio. The only importer of sounddevice."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from types import ModuleType
from typing import Any, Protocol

from streamgenre.capture.capture_device import CaptureDevice, choose
from streamgenre.capture.ring_buffer import RingBuffer
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat, Float32

RING_SECONDS = 10.0
BLOCK_SECONDS = 0.1
CLOSE_SECONDS = 0.8
_POLL_SECONDS = 0.05
_LATENCY_SECONDS = 0.1
"""What the device may gather before it calls: each call costs, and nothing here needs it sooner."""


class _CallbackFlags(Protocol):
    """What PortAudio tells of the time before a callback."""

    input_overflow: bool

    def __bool__(self) -> bool: ...


class _InputStream(Protocol):
    """The part of sounddevice's InputStream used here; it ships no types."""

    active: bool

    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class Microphone:
    """One open capture device, with all its channels or those chosen (numbered from 1)."""

    live = True
    title = None

    def __init__(self, name: str | None = None, channels: tuple[int, ...] = ()) -> None:
        portaudio = _portaudio()
        device, index = _chosen(portaudio, name)
        self._shown = device.name
        if max(channels, default=1) > device.channels:
            raise PermanentSourceError(
                f"{device.name} has no channel {max(channels)}; it has {device.channels}, numbered from 1"
            )
        self._columns = [channel - 1 for channel in channels]
        opened_channels = max(channels, default=min(2, device.channels))
        self._format = AudioFormat(device.sample_rate_hz, len(channels) or opened_channels)
        self._ring = RingBuffer(round(device.sample_rate_hz * RING_SECONDS), opened_channels)
        self._block_samples = max(1, round(device.sample_rate_hz * BLOCK_SECONDS))
        self._finished = False
        self._closed = False
        self.overflows = 0
        """Callbacks that PortAudio flagged because the device had dropped samples before them."""
        self._stream = self._started(portaudio, index, opened_channels)

    @property
    def format(self) -> AudioFormat:
        return self._format

    @property
    def damage(self) -> str | None:
        count = self.overflows
        return f"{count} overrun{'s' * (count > 1)} reported by the device" if count else None

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._ring.lost_samples

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._closed:
            raise ValueError("this microphone is closed")
        deadline = time.monotonic() + timeout_seconds
        while True:
            ended = self._finished or not self._stream.active
            block = self._ring.read(self._block_samples)
            if block is not None:
                return self._with_chosen_channels(block)
            if ended:
                raise TransientSourceError(
                    f"{self._shown} stopped; was it unplugged, or the sound server ended?"
                )
            remaining_seconds = deadline - time.monotonic()
            if remaining_seconds <= 0:
                return None
            time.sleep(min(_POLL_SECONDS, remaining_seconds))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            # A sound server that hangs lets abort() hang too; then its thread is left behind.
            closing = threading.Thread(target=self._release, name="microphone close", daemon=True)
            closing.start()
            closing.join(CLOSE_SECONDS)

    def _started(self, portaudio: ModuleType, index: int, channels: int) -> _InputStream:
        try:
            stream: _InputStream = portaudio.InputStream(
                device=index,
                samplerate=self._format.sample_rate_hz,
                channels=channels,
                dtype="float32",
                latency=_LATENCY_SECONDS,
                callback=self._on_samples,
                finished_callback=self._on_finished,
            )
            stream.start()
        except portaudio.PortAudioError as error:
            raise TransientSourceError(
                f"{self._shown} cannot be opened: {error}; is it in use or gone?"
            ) from None
        return stream

    def _on_samples(self, samples: Float32, _frames: int, _time: object, status: _CallbackFlags) -> None:
        if status and status.input_overflow:
            self.overflows += 1
        self._ring.write(samples)

    def _on_finished(self) -> None:
        self._finished = True

    def _with_chosen_channels(self, block: AudioBlock) -> AudioBlock:
        if not self._columns:
            return block
        return AudioBlock(block.samples[:, self._columns], block.first_sample)

    def _release(self) -> None:
        self._stream.abort()
        self._stream.close()


def list_microphones() -> list[CaptureDevice]:
    """Return what PortAudio can capture from. Raises PermanentSourceError when there is no PortAudio."""
    return [device for device, _ in _microphones(_portaudio())]


def _chosen(portaudio: ModuleType, name: str | None) -> tuple[CaptureDevice, int]:
    microphones = _microphones(portaudio)
    device = choose([device for device, _ in microphones], name, "capture device")
    return next(pair for pair in microphones if pair[0] == device)


def _microphones(portaudio: ModuleType) -> list[tuple[CaptureDevice, int]]:
    """Every capture device with its index, which lasts only as long as this process."""
    default_index: int = portaudio.default.device[0]
    rows: list[dict[str, Any]] = [row for row in portaudio.query_devices() if row["max_input_channels"] > 0]
    stable_names = _stable_names([row["name"] for row in rows])
    return [
        (
            CaptureDevice(
                kind="microphone",
                name=row["name"],
                identity=f"mic:{stable_name}",
                description=stable_name,
                channels=row["max_input_channels"],
                sample_rate_hz=round(row["default_samplerate"]),
                default=row["index"] == default_index,
            ),
            row["index"],
        )
        for row, stable_name in zip(rows, stable_names, strict=True)
    ]


def _stable_names(names: list[str]) -> list[str]:
    """Drop ALSA's card numbers, "(hw:1,0)", which change at a restart, where a name is unique without."""
    bare = [re.sub(r"[:\s-]*\(hw:\d+,\d+\)$", "", name) for name in names]
    count = Counter(bare)
    return [short if count[short] == 1 else full for short, full in zip(bare, names, strict=True)]


def _portaudio() -> ModuleType:
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
