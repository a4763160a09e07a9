"""A station on loopback that plays noise for ever, to as many listeners as come."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tests.support.local_http import serving

RATE_HZ = 8000
BURST_SECONDS = 4
_CHUNK_SECONDS = 0.1
_UNKNOWN_BYTES = b"\xff\xff\xff\xff"
_HEADER = (
    b"RIFF"
    + _UNKNOWN_BYTES
    + b"WAVEfmt \x10\0\0\0\x01\0\x01\0"
    + RATE_HZ.to_bytes(4, "little")
    + (2 * RATE_HZ).to_bytes(4, "little")
    + b"\x02\0\x10\0data"
    + _UNKNOWN_BYTES
)


@contextmanager
def live_station() -> Iterator[str]:
    """Serve mono 16-bit WAV at every path, a burst first, then as fast as it sounds; yields the address."""
    over = threading.Event()
    noise = np.random.default_rng(8).integers(-9000, 9000, RATE_HZ, np.int16).astype("<i2").tobytes()
    chunk = noise[: round(2 * RATE_HZ * _CHUNK_SECONDS)]

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Play until one side has had enough."""
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.end_headers()
            try:
                self.wfile.write(_HEADER + noise * BURST_SECONDS)
                while not over.wait(_CHUNK_SECONDS):
                    self.wfile.write(chunk)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Listener, over=over) as address:
        yield address
