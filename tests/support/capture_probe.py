"""A program: captures a SOURCE for some seconds and reports as JSON what came.

A fresh process for each capture, since PortAudio looks for devices once only, when it is loaded.
"""

from __future__ import annotations

import json
import math
import sys
import time

import numpy as np

from streamgenre.capture.devices import list_devices
from streamgenre.capture.open_source import open_source
from streamgenre.errors import SourceError
from tests.support.audio_files import loudest_hz


def capture(text: str, seconds: float, enough_seconds: float = math.inf) -> dict[str, object]:
    """Capture for so many seconds by the clock, or until so many seconds of sound have come."""
    report: dict[str, object] = {"samples": 0, "error": None, "longest_wait": 0.0}
    try:
        source = open_source(text)
    except SourceError as error:
        return report | {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write("open\n")
    sys.stdout.flush()
    blocks: list[np.ndarray] = []
    wanted = enough_seconds * source.format.sample_rate_hz
    begin = last = time.monotonic()
    try:
        while (now := time.monotonic()) < begin + seconds and sum(map(len, blocks)) < wanted:
            block = source.read(0.1)
            if block is not None:
                blocks.append(block.samples)
                last = now
            report["longest_wait"] = max(report["longest_wait"], now - last)
    except SourceError as error:
        report["error"] = f"{type(error).__name__}: {error}"
    closing = time.monotonic()
    source.close()
    report["close_seconds"] = time.monotonic() - closing
    rate_hz = source.format.sample_rate_hz
    sound = np.concatenate(blocks) if blocks else np.zeros((0, source.format.channels), np.float32)
    report |= {"rate_hz": rate_hz, "channels": source.format.channels, "samples": len(sound)}
    if len(sound) >= rate_hz // 2:
        report["loudest_hz"] = loudest_hz(sound[-rate_hz // 2 :, 0], rate_hz)
        report["rms"] = float(np.sqrt(np.mean(np.square(sound[-rate_hz // 2 :]))))
    return report


def devices() -> dict[str, object]:
    found = list_devices()
    return {"identities": [device.identity for device in found.devices], "notes": found.notes}


if __name__ == "__main__":
    found = devices() if sys.argv[1] == "devices" else capture(sys.argv[1], *map(float, sys.argv[2:]))
    sys.stdout.write(json.dumps(found) + "\n")
