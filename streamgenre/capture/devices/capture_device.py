"""What can be captured from on this machine, and how one of several is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from streamgenre.errors import PermanentSourceError


@dataclass(frozen=True, slots=True)
class CaptureDevice:
    """One microphone, line input, or monitor of a sink."""

    kind: Literal["microphone", "monitor"]
    name: str
    """What the sound system calls it."""
    identity: str
    """The SOURCE to put in the configuration; the same after a restart or a renumbering."""
    description: str
    """For people."""
    channels: int
    """The most it delivers."""
    sample_rate_hz: int
    """Its own rate."""
    default: bool
    """Whether it is taken when no name is given."""


def choose(devices: Sequence[CaptureDevice], name: str | None, what: str) -> CaptureDevice:
    """Find the one device meant by stable identity, exact name or unique substring; None: the default.

    `what`: the kind in words, for the error. Raises PermanentSourceError when none or several fit.
    """
    if not devices:
        raise PermanentSourceError(
            f"there is no {what} on this machine; `streamgenre devices` shows what there is"
        )
    if name is None:
        return next((device for device in devices if device.default), devices[0])
    for exact in (
        [device for device in devices if device.identity.partition(":")[2] == name],
        [device for device in devices if name in (device.name, device.description)],
    ):
        if exact:
            return exact[0]
    wanted = name.casefold()
    fitting = [d for d in devices if wanted in d.name.casefold() or wanted in d.description.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    problem = "several fit" if fitting else "there is none"
    names = ", ".join(repr(device.name) for device in fitting or devices)
    raise PermanentSourceError(f"which {what} is {name!r}? {problem}; choose from: {names}")
