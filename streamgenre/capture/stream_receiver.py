"""The parent's side of a decoder process: a thread that empties its pipe into a ring."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

from streamgenre.capture.decoder_records import Damaged, Decoded, Ended, Failed, Opened, read_record
from streamgenre.capture.ring_chain import RingChain
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioBlock, Float32

OPEN_SECONDS = 20.0
"""The last resort; the decoder has its own, shorter limits for connecting and for the first frame."""
RING_SECONDS = 10.0
PATIENCE_SECONDS = 5.0
"""How long a burst of a live stream may wait for its reader before the oldest is overwritten."""
_ROOM_POLL_SECONDS = 0.005
_CLOSE_SECONDS = 0.3


class StreamReceiver:
    """Starts the decoder of one URL and receives what it decodes."""

    def __init__(self, url: str) -> None:
        self._shown = shown(url)
        self.damage: str | None = None
        """What the decoder found wrong so far, in words."""
        self._opened: Opened | None = None
        self._ring: RingChain | None = None
        self._ending: Exception | None = None
        self._closed = False
        self._news = threading.Event()
        self._waited_seconds = 0.0
        self._process = _started_decoder(url)
        self._thread = threading.Thread(target=self._receive, name="stream receiver", daemon=True)
        self._thread.start()

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._ring.lost_samples if self._ring else 0

    @property
    def process_id(self) -> int:
        """Of the decoder."""
        return self._process.pid

    def wait_until_open(self) -> Opened:
        """Wait for the first decoded frame. Raises what kept it from coming."""
        deadline = time.monotonic() + OPEN_SECONDS
        while self._opened is None:
            if self._ending is not None:
                raise self._ending
            if not self._news.wait(max(0.0, deadline - time.monotonic())):
                raise TransientSourceError(f"{self._shown}: no audio came within {OPEN_SECONDS:.0f} s")
            self._news.clear()
        return self._opened

    def read(self, max_samples: int, timeout_seconds: float) -> AudioBlock | None:
        """Wait for samples; None when the time passed without any. Raises how the stream ended."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            self._news.clear()
            ending = self._ending
            block = self._ring.read(max_samples) if self._ring else None
            if block is not None:
                return block
            if ending is not None:
                raise ending
            if not self._news.wait(max(0.0, deadline - time.monotonic())):
                return None

    def close(self) -> None:
        """End the decoder, by force if it does not go, and the thread."""
        if not self._closed:
            self._closed = True
            _end(self._process)
            self._thread.join(_CLOSE_SECONDS)

    def _receive(self) -> None:
        """Run in the thread: waits for the pipe, hands samples to the ring, ends with the decoder."""
        with cast("BinaryIO", self._process.stdout) as pipe:
            while self._ending is None and not self._closed:
                match read_record(pipe):
                    case Opened() as opened:
                        capacity_samples = round(opened.format.sample_rate_hz * RING_SECONDS)
                        self._ring = RingChain(capacity_samples, opened.format.channels)
                        self._opened = opened
                    case Decoded(samples):
                        self._hand_over(samples)
                    case Damaged(damage):
                        self.damage = damage
                    case Ended():
                        self._ending = self._end_of_stream()
                    case Failed(message, permanent):
                        self._ending = (PermanentSourceError if permanent else TransientSourceError)(message)
                    case None:
                        self._ending = self._death()
                self._news.set()

    def _hand_over(self, samples: Float32) -> None:
        ring = cast("RingChain", self._ring)
        while not ring.has_room(len(samples)) and self._may_wait():
            time.sleep(_ROOM_POLL_SECONDS)
        ring.write(samples)
        if ring.has_room(len(samples)):
            self._waited_seconds = 0.0

    def _may_wait(self) -> bool:
        """Hold the server back: always for a file, for a live stream only as long as a burst takes."""
        self._waited_seconds += _ROOM_POLL_SECONDS
        finite = self._opened is not None and self._opened.finite
        return not self._closed and (finite or self._waited_seconds < PATIENCE_SECONDS)

    def _end_of_stream(self) -> Exception:
        if self._opened is not None and self._opened.finite:
            return EOFError()
        return TransientSourceError(f"{self._shown}: the server ended the stream")

    def _death(self) -> Exception:
        code = self._process.wait()
        how = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        message = f"{self._shown}: its decoder process ended unexpectedly ({how})"
        if self._opened is not None and self._opened.finite:
            return PermanentSourceError(f"{message}; run it again")
        return TransientSourceError(message)


def _started_decoder(url: str) -> subprocess.Popen[bytes]:
    """Start a fresh interpreter; the URL goes by pipe, for a command line shows credentials to everybody."""
    # Not multiprocessing's spawn: that would import the caller's main module again, command line and all.
    # `-P`: no module of the working folder stands in for one of ours.
    package_folder = str(Path(__file__).parents[2])
    search_path = os.pathsep.join(filter(None, [package_folder, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "streamgenre.capture.decoder_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": search_path},
        start_new_session=True,  # Ctrl-C is for the parent, which then ends its decoders
    )
    stdin = cast("BinaryIO", process.stdin)
    stdin.write(url.encode("utf-8", "surrogateescape") + b"\n")
    stdin.flush()
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    cast("BinaryIO", process.stdin).close()
    for stop in (process.terminate, process.kill):
        stop()
        try:
            process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
