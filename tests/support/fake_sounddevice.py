"""A PortAudio that plays a ramp when asked to, for what no real device does on command."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


class PortAudioError(Exception):
    """As sounddevice's own."""


class FakeSoundDevice:
    """Stands in for the module `sounddevice`; `play` calls the callback of the stream last opened."""

    PortAudioError = PortAudioError

    def __init__(self, *devices: tuple[str, int, float], default: int = 0) -> None:
        self._devices = [
            {"name": name, "index": i, "max_input_channels": channels, "default_samplerate": rate_hz}
            for i, (name, channels, rate_hz) in enumerate(devices)
        ]
        self.default = SimpleNamespace(device=(default, -1))
        self.refuse_to_open = False
        self.streams: list[FakeInputStream] = []

    def query_devices(self) -> list[dict[str, Any]]:
        return self._devices

    def InputStream(self, **settings: Any) -> FakeInputStream:  # noqa: N802 - as sounddevice calls it
        if self.refuse_to_open:
            raise PortAudioError("Device unavailable [PaErrorCode -9985]")
        self.streams.append(FakeInputStream(settings))
        return self.streams[-1]

    def play(self, samples: int, *, overflow: bool = False) -> None:
        self.streams[-1].play(samples, overflow=overflow)


class FakeInputStream:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.active = False
        self.closed = False
        self.aborts = self.played = 0

    def start(self) -> None:
        self.active = True

    def play(self, samples: int, *, overflow: bool = False) -> None:
        """Deliver samples whose value is their index, plus the number of their channel in thousands."""
        index = np.arange(self.played, self.played + samples, dtype=np.float32)[:, None]
        channel = np.arange(1, self.settings["channels"] + 1, dtype=np.float32) * 1000
        status = SimpleNamespace(input_overflow=True) if overflow else 0
        self.settings["callback"](index + channel, samples, None, status)
        self.played += samples

    def unplug(self) -> None:
        self.active = False
        self.settings["finished_callback"]()

    def abort(self) -> None:
        self.aborts += 1
        self.active = False

    def close(self) -> None:
        self.closed = True
