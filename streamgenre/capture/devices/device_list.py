"""Everything this machine can capture from."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.capture.devices.capture_device import CaptureDevice
from streamgenre.capture.devices.microphone import list_microphones
from streamgenre.capture.devices.monitor import list_monitors
from streamgenre.errors import SourceError

__all__ = ["CaptureDevice", "DeviceList", "list_devices"]


@dataclass(frozen=True, slots=True)
class DeviceList:
    """What was found, and what could not be asked."""

    devices: tuple[CaptureDevice, ...]
    notes: tuple[str, ...]
    """A line for each part that is missing, with its remedy."""


def list_devices() -> DeviceList:
    """List microphones and monitors. A missing library or sound server is a note, never an error."""
    devices: list[CaptureDevice] = []
    notes: list[str] = []
    for list_some in (list_microphones, list_monitors):
        try:
            devices += list_some()
        except SourceError as error:
            notes.append(str(error))
    return DeviceList(tuple(devices), tuple(notes))
