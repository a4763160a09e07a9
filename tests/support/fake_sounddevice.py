"""A PortAudio that plays a ramp when asked to, for what no real device does on command.

Like the real one it looks for devices when it is initialised, and not again.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

Device = tuple[str, int, float]
"""Name, input channels, rate in Hz."""


class PortAudioError(Exception):
    """As sounddevice's own."""


class FakeSoundDevice:
    """Stands in for the module `sounddevice`; `play` calls the callback of the stream last opened."""

    PortAudioError = PortAudioError

    def __init__(self, *devices: Device, default: int = 0) -> None:
        self.plugged = list(devices)
        """What is in the machine; change it at will."""
        self.known = list(devices)
        """What PortAudio saw when it was initialised."""
        self.default = SimpleNamespace(device=(default, -1))
        self.refuse_to_open = False
        self.streams: list[FakeInputStream] = []
        self.initialised = 1
        self.initialisations = 1

    def install(self, patch: pytest.MonkeyPatch) -> FakeSoundDevice:
        """Become `sounddevice`, here and in the fresh process that looks for devices."""
        patch.setitem(sys.modules, "sounddevice", self)
        patch.setattr("streamgenre.capture.devices.portaudio.list_in_fresh_process", self.fresh_rows)
        return self

    def fresh_rows(self) -> list[dict[str, Any]]:
        default_index = self.default.device[0]
        return [
            row | {"default": row["index"] == default_index}
            for row in _rows(self.plugged)
            if row["max_input_channels"]
        ]

    def query_devices(self) -> list[dict[str, Any]]:
        if not self.initialised:
            raise PortAudioError("PortAudio not initialized [PaErrorCode -10000]")
        return _rows(self.known)

    def _initialize(self) -> None:
        self.initialised += 1
        self.initialisations += 1
        self.known = list(self.plugged)

    def _terminate(self) -> None:
        assert all(stream.closed for stream in self.streams), "open streams would die"
        self.initialised -= 1

    def InputStream(self, **settings: Any) -> FakeInputStream:  # noqa: N802 - as sounddevice calls it
        device = self.known[settings["device"]]
        if self.refuse_to_open or device not in self.plugged:
            raise PortAudioError("Device unavailable [PaErrorCode -9985]")
        self.streams.append(FakeInputStream(settings, device[0]))
        return self.streams[-1]

    def play(self, samples: int, *, overflow: bool = False) -> None:
        self.streams[-1].play(samples, overflow=overflow)

    def unplug(self, name: str) -> Device:
        """Take the device of that name away; its streams stop."""
        device = next(device for device in self.plugged if device[0] == name)
        self.plugged.remove(device)
        for stream in self.streams:
            if stream.device_name == name and not stream.closed:
                stream.unplug()
        return device


class FakeInputStream:
    def __init__(self, settings: dict[str, Any], device_name: str) -> None:
        self.settings = settings
        self.device_name = device_name
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


def _rows(devices: list[Device]) -> list[dict[str, Any]]:
    return [
        {"name": name, "index": i, "max_input_channels": channels, "default_samplerate": rate_hz}
        for i, (name, channels, rate_hz) in enumerate(devices)
    ]
