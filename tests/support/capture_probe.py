"""A program: captures a SOURCE for some seconds and reports as JSON what came.

A fresh process for each capture, since PortAudio looks for devices once only, when it is loaded.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import sys
import time

import numpy as np

from streamgenre.capture.devices import parec, portaudio, shared_device
from streamgenre.capture.devices.device_list import list_devices
from streamgenre.capture.open_source import open_source
from streamgenre.errors import SourceError
from tests.support.audio_files import loudest_hz
from tests.support.reading import wait_until


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


def capture_slowly(text: str) -> dict[str, object]:
    """Let a ring of one second overflow, then read it, and follow on."""
    shared_device.RING_SECONDS = parec.RING_SECONDS = 1.0
    source = open_source(text)
    wait_until(lambda: source.backlog_seconds == 1.0)
    time.sleep(1.5)
    first = source.read(0.0)
    blocks = [first, *filter(None, (source.read(0.5) for _ in range(15)))]
    source.close()
    follows = all(a.end_sample == b.first_sample for a, b in itertools.pairwise(blocks))
    return {"first": first.first_sample, "lost": source.lost_samples, "follows": follows} | {
        "rate_hz": source.format.sample_rate_hz,
        "read": sum(len(block.samples) for block in blocks),
    }


def capture_shared(text: str) -> dict[str, object]:
    """Hear two channels of one device as two sources."""
    sources = [open_source(f"{text}?channels={channel}") for channel in (1, 2)]
    heard: list[list[np.ndarray]] = [[], []]
    rate_hz = sources[0].format.sample_rate_hz
    give_up = time.monotonic() + 20
    while min(sum(map(len, blocks)) for blocks in heard) < 2 * rate_hz and time.monotonic() < give_up:
        for source, blocks in zip(sources, heard, strict=True):
            block = source.read(0.1)
            if block is not None:
                blocks.append(block.samples)
    streams = len(portaudio.portaudio()._streams)
    for source in sources:
        source.close()
    sounds = [np.concatenate(blocks)[-rate_hz // 2 :, 0] for blocks in heard]
    return {"loudest_hz": [loudest_hz(sound, rate_hz) for sound in sounds], "streams": streams}


def capture_late(text: str) -> dict[str, object]:
    """Load PortAudio, wait for a line on stdin, then capture what came meanwhile."""
    with contextlib.suppress(SourceError):
        portaudio.portaudio().list_devices()
    sys.stdout.write("listed\n")
    sys.stdout.flush()
    sys.stdin.readline()
    return capture(text, 20, 1)


def devices() -> dict[str, object]:
    found = list_devices()
    return {"identities": [device.identity for device in found.devices], "notes": found.notes}


WAYS = {"slow": capture_slowly, "shared": capture_shared, "late": capture_late}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["devices"]:
            found = devices()
        case [("slow" | "shared" | "late") as way, text]:
            try:
                found = WAYS[way](text)
            except SourceError as error:
                found = {"error": str(error)}
        case [text, *seconds]:
            found = capture(text, *map(float, seconds))
    sys.stdout.write(json.dumps(found) + "\n")
