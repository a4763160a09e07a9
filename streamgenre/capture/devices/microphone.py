"""Capture devices as sources."""

from __future__ import annotations

import time

from streamgenre.capture.devices.capture_device import CaptureDevice
from streamgenre.capture.devices.portaudio import portaudio
from streamgenre.capture.devices.shared_device import open_reader
from streamgenre.errors import TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat

BLOCK_SECONDS = 0.1
_POLL_SECONDS = 0.05


class Microphone:
    """One open capture device: its first two channels, or those chosen (numbered from 1)."""

    live = True
    reopens = True
    title = None

    def __init__(self, name: str | None = None, channels: tuple[int, ...] = ()) -> None:
        self._reader = open_reader(name, channels)
        self._format = AudioFormat(self._reader.sample_rate_hz, self._reader.channels)
        self._block_samples = max(1, round(self._reader.sample_rate_hz * BLOCK_SECONDS))
        self._closed = False

    @property
    def format(self) -> AudioFormat:
        return self._format

    @property
    def damage(self) -> str | None:
        count = self.overflows
        return f"{count} overrun{'s' * (count > 1)} reported by the device" if count else None

    @property
    def backlog_seconds(self) -> float:
        return self._reader.backlog_seconds

    @property
    def overflows(self) -> int:
        """Callbacks that PortAudio flagged because the device had dropped samples before them."""
        return self._reader.overflows

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._reader.ring.lost_samples

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._closed:
            raise ValueError("this microphone is closed")
        deadline = time.monotonic() + timeout_seconds
        while True:
            end_reason = self._reader.end_reason  # asked first: what came before the end is still given
            block = self._reader.ring.read(self._block_samples)
            if block is not None:
                return block
            if end_reason is not None:
                raise TransientSourceError(end_reason)
            remaining_seconds = deadline - time.monotonic()
            if remaining_seconds <= 0:
                return None
            time.sleep(min(_POLL_SECONDS, remaining_seconds))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._reader.close()


def list_microphones() -> list[CaptureDevice]:
    """Return what PortAudio can capture from. Raises SourceError when there is no PortAudio."""
    return portaudio().list_devices()
