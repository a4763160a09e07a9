"""A station on loopback that plays one programme to whoever comes, its titles between the bytes (ICY)."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support.local_http import serving

INTERVAL_BYTES = 4410
"""Of audio between two places for a title; at 44.1 kHz, mono and 16 bits 0.05 s."""
_UNKNOWN_BYTES = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Item:
    """What is played under one title."""

    title: str
    samples: NDArray[np.int16]
    """(samples,)"""


@contextmanager
def titled_station(once: Sequence[Item], again: Sequence[Item], rate_hz: int) -> Iterator[str]:
    """Play `once`, then `again` for ever, as fast as it sounds, from the beginning to every listener."""
    over = threading.Event()

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Play until one side has had enough."""
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.send_header("icy-metaint", str(INTERVAL_BYTES))
            self.end_headers()
            try:
                for piece in _interleaved(once, again, rate_hz):
                    self.wfile.write(piece)
                    if over.wait(INTERVAL_BYTES / 2 / rate_hz):
                        return
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Listener, over=over) as address:
        yield address


def _interleaved(once: Sequence[Item], again: Sequence[Item], rate_hz: int) -> Iterator[bytes]:
    """A piece of audio each, with the title's block behind it; a title is told where it changes."""
    waiting, told = _header(rate_hz), ""
    for item in itertools.chain(once, itertools.cycle(again)):
        waiting += item.samples.astype("<i2").tobytes()
        while len(waiting) >= INTERVAL_BYTES:
            piece, waiting = waiting[:INTERVAL_BYTES], waiting[INTERVAL_BYTES:]
            yield piece + (_block(item.title) if item.title != told else b"\0")
            told = item.title


def _block(title: str) -> bytes:
    text = f"StreamTitle='{title}';".encode()
    units = -(-len(text) // 16)
    return bytes([units]) + text.ljust(16 * units, b"\0")


def _header(rate_hz: int) -> bytes:
    """Of a WAV file without an end: mono, 16 bits."""
    sizes = (
        b"fmt \x10\0\0\0\x01\0\x01\0" + rate_hz.to_bytes(4, "little") + (2 * rate_hz).to_bytes(4, "little")
    )
    return b"RIFF" + _UNKNOWN_BYTES + b"WAVE" + sizes + b"\x02\0\x10\0data" + _UNKNOWN_BYTES
