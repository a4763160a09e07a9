"""A device opened once and heard by all its sources: an eight-input card is eight stations."""

from __future__ import annotations

import threading
import time

import numpy as np

from streamgenre.capture.devices.alsa_names import is_hardware
from streamgenre.capture.devices.capture_device import CaptureDevice
from streamgenre.capture.devices.device_stream import OPEN_SECONDS, CallbackFlags, DeviceStream
from streamgenre.capture.devices.portaudio import FoundDevice, PortAudio, portaudio
from streamgenre.capture.ring_buffer import RingBuffer
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import Float32

RING_SECONDS = 10.0
FRESH_SECONDS = 2.0
"""A stream that has not called for so long is not joined but opened anew."""
MAX_CHANNELS = 64
_SCRATCH_SECONDS = 0.5


class DeviceReader:
    """What one source hears of a device: its own channels, in a ring of its own."""

    def __init__(self, shared: SharedDevice, columns: tuple[int, ...]) -> None:
        self.ring = RingBuffer(round(shared.sample_rate_hz * RING_SECONDS), len(columns))
        self.sample_rate_hz = shared.sample_rate_hz
        self.channels = len(columns)
        self._shared = shared
        self._overflows_before = shared.overflows
        self._columns = np.array(columns)
        neighbours = columns == tuple(range(columns[0], columns[0] + len(columns)))
        self._slice = slice(columns[0], columns[-1] + 1) if neighbours else None
        scratch_samples = max(1, round(shared.sample_rate_hz * _SCRATCH_SECONDS))
        self._scratch = np.empty((scratch_samples if self._slice is None else 0, len(columns)), np.float32)

    @property
    def backlog_seconds(self) -> float:
        """What the ring holds and has not been read."""
        return min(self.ring.unread_samples / self.sample_rate_hz, RING_SECONDS)

    @property
    def overflows(self) -> int:
        """Callbacks that PortAudio flagged because the device had dropped samples before them."""
        return self._shared.overflows - self._overflows_before

    @property
    def end_reason(self) -> str | None:
        """Why nothing more will come; None while the stream goes on."""
        return self._shared.end_reason

    def write(self, samples: Float32) -> None:
        """Run in the callback: copies what was chosen, into memory that is there already."""
        if self._slice is not None:
            self.ring.write(samples[:, self._slice])
            return
        for begin in range(0, len(samples), len(self._scratch)):
            piece = samples[begin : begin + len(self._scratch)]
            chosen = self._scratch[: len(piece)]
            np.take(piece, self._columns, axis=1, out=chosen, mode="clip")
            self.ring.write(chosen)

    def close(self) -> None:
        """Leave; the last one closes the device."""
        self._shared.remove(self)


class SharedDevice:
    """One open stream and its readers. The callback sees them as a tuple, which is only ever replaced."""

    def __init__(self, sound: PortAudio, found: FoundDevice, channels: int) -> None:
        """Raises TransientSourceError when it cannot be opened."""
        self.name = found.device.name
        self.channels = channels
        self.sample_rate_hz = found.device.sample_rate_hz
        self.overflows = 0
        self._sound = sound
        self._changing = threading.Lock()
        self._readers: tuple[DeviceReader, ...] = ()
        self._over = False
        self._called_at = time.monotonic()
        self._stream = DeviceStream(sound, found, channels, self._on_samples)
        self._called_at = time.monotonic()

    @property
    def end_reason(self) -> str | None:
        if self._stream.end_reason is not None:
            return self._stream.end_reason
        if self._stream.active:
            return None
        self._sound.doubt()
        return f"{self.name} stopped; was it unplugged, or the sound server ended?"

    def add(self, columns: tuple[int, ...]) -> DeviceReader | None:
        """Return a new reader; None when it has to be opened anew for one."""
        fresh = time.monotonic() - self._called_at < FRESH_SECONDS
        with self._changing:
            if self._over or not fresh or max(columns) >= self.channels or not self._stream.active:
                return None
            reader = DeviceReader(self, columns)
            self._readers = (*self._readers, reader)
            return reader

    def remove(self, reader: DeviceReader) -> None:
        with self._changing:
            self._readers = tuple(each for each in self._readers if each is not reader)
            self._over = self._over or not self._readers
            over = self._over
        if over:
            self._stream.close()

    def retire(self) -> None:
        """Make way for a new stream of the same device; its readers are told, and come back."""
        with self._changing:
            self._over = True
        gone = time.monotonic() - self._called_at >= FRESH_SECONDS
        why = f"has given nothing for {FRESH_SECONDS:g} s" if gone else "is needed with more channels"
        self._stream.end(f"{self.name} {why}; it is opened anew")
        self._stream.close()

    def _on_samples(self, samples: Float32, _frames: int, _time: object, status: CallbackFlags) -> None:
        self._called_at = time.monotonic()
        if status and status.input_overflow:
            self.overflows += 1
        for reader in self._readers:
            reader.write(samples)


def open_reader(name: str | None, channels: tuple[int, ...]) -> DeviceReader:
    """Hear a device: join its stream if it has one that lives, else open it. Raises SourceError.

    `channels`: numbered from 1; empty: the first two, or the one there is. A card is opened with all its
    channels, so that a later source can have others of them without interrupting anyone; a plug-in,
    which would mix to fill them, only with those needed.
    """
    sound = portaudio()
    reader = _joined(sound, name, channels)
    if reader is not None:
        return reader
    found = sound.find_again(name)
    gate = _gates.setdefault((sound, found.device.name), threading.Lock())
    if not gate.acquire(timeout=OPEN_SECONDS + 1):
        raise TransientSourceError(f"{found.device.name} does not answer; does the sound server hang?")
    try:
        return _joined(sound, name, channels) or _opened(sound, found, channels)
    finally:
        gate.release()


def _joined(sound: PortAudio, name: str | None, channels: tuple[int, ...]) -> DeviceReader | None:
    try:
        device = sound.find(name).device
    except PermanentSourceError:
        return None
    shared = _open_devices.get((sound, device.name))
    return shared.add(_columns(device, channels)) if shared else None


def _opened(sound: PortAudio, found: FoundDevice, channels: tuple[int, ...]) -> DeviceReader:
    columns = _columns(found.device, channels)
    before = _open_devices.pop((sound, found.device.name), None)
    if before:
        before.retire()
    shared = SharedDevice(sound, found, _channels_to_open(found.device, columns))
    _open_devices[sound, found.device.name] = shared
    reader = shared.add(columns)
    if reader is None:
        shared.retire()
        raise TransientSourceError(f"{found.device.name} stopped as soon as it was opened")
    return reader


def _columns(device: CaptureDevice, channels: tuple[int, ...]) -> tuple[int, ...]:
    if max(channels, default=1) > device.channels:
        raise PermanentSourceError(
            f"{device.name} has no channel {max(channels)}; it has {device.channels}, numbered from 1"
        )
    return tuple(channel - 1 for channel in channels) or tuple(range(min(2, device.channels)))


def _channels_to_open(device: CaptureDevice, columns: tuple[int, ...]) -> int:
    needed = max(columns) + 1
    return max(needed, min(device.channels, MAX_CHANNELS if is_hardware(device.name) else 2))


_open_devices: dict[tuple[PortAudio, str], SharedDevice] = {}
"""The newest stream of each device, whether or not it still lives."""
_gates: dict[tuple[PortAudio, str], threading.Lock] = {}
"""Of those who want the same device, one opens it and the others wait for that."""
