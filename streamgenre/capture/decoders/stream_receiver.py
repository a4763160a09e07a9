"""The parent's side of one decoded stream: a thread that empties its pipe into a ring."""

from __future__ import annotations

import threading
import time
from typing import BinaryIO

from streamgenre.capture.decoders.decoder_pool import DecoderPool, shared_pool
from streamgenre.capture.decoders.decoder_records import (
    Damaged,
    Decoded,
    Ended,
    Failed,
    GarbledRecordError,
    Opened,
    Record,
    Titled,
    Worked,
    read_record,
)
from streamgenre.capture.ring_chain import RingChain
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError, TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat, Float32

OPEN_SECONDS = 20.0
"""The last resort; the decoder has its own, shorter limits for connecting and for the first frame."""
RING_SECONDS = 10.0
PATIENCE_SECONDS = 5.0
"""How long a burst of a live stream may wait for its reader before the oldest is overwritten."""
RING_BYTES = 64 << 20
"""The ring is shorter than RING_SECONDS where that would take more."""
_ROOM_POLL_SECONDS = 0.02
_CLOSE_SECONDS = 0.3


class StreamReceiver:
    """Has one URL decoded and receives what comes of it."""

    def __init__(self, url: str, pool: DecoderPool = shared_pool) -> None:
        self._shown = shown(url)
        self.damage: str | None = None
        """What the decoder found wrong so far, in words."""
        self.title: str | None = None
        """What the stream says is playing, of late."""
        self.decoding_seconds = 0.0
        """Processor time that decoding took so far."""
        self._opened: Opened | None = None
        self._ring: RingChain | None = None
        self._ending: Exception | None = None
        self._closed = False
        self._news = threading.Event()
        self._waited_seconds = 0.0
        self._stream = pool.open(url)
        self._thread = threading.Thread(target=self._receive, name="stream receiver", daemon=True)
        self._thread.start()

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._ring.lost_samples if self._ring else 0

    @property
    def unread_samples(self) -> int:
        """Samples that were received and wait for the reader."""
        return self._ring.unread_samples if self._ring else 0

    @property
    def process_id(self) -> int:
        """Of the decoder, which may decode other streams, too."""
        return self._stream.process_id

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
        """Have the decoding end; what hangs in it is left behind."""
        if not self._closed:
            self._closed = True
            self._stream.close()
            self._thread.join(_CLOSE_SECONDS)

    def _receive(self) -> None:
        """Run in the thread: hands samples to the ring until the pipe ends, which it does after the last."""
        with self._stream.pipe as pipe:
            try:
                self._take_all(pipe)
            except GarbledRecordError:
                self._ending = TransientSourceError(f"{self._shown}: its decoder speaks nonsense")
                self._news.set()
                self._stream.close()
        if self._ending is None and not self._closed:
            self._ending = self._death()
            self._news.set()
        self._stream.ended()

    def _take_all(self, pipe: BinaryIO) -> None:
        while (record := read_record(pipe)) is not None:
            if not self._closed:
                self._take(record)
                self._news.set()

    def _take(self, record: Record) -> None:
        match record:
            case Opened(audio_format, title):
                self._ring = _ring_for(audio_format)
                self.title, self._opened = title, record
            case Decoded(samples):
                if self._ring is None:
                    raise GarbledRecordError
                self._hand_over(self._ring, samples)
            case Titled(title):
                self.title = title
            case Damaged(damage):
                self.damage = damage
            case Worked(cpu_seconds):
                self.decoding_seconds = cpu_seconds
            case Ended():
                self._ending = self._end_of_stream()
            case Failed(message, permanent):
                self._ending = (PermanentSourceError if permanent else TransientSourceError)(message)

    def _hand_over(self, ring: RingChain, samples: Float32) -> None:
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
        how = self._stream.how_the_process_ended()
        message = f"{self._shown}: its decoder process ended unexpectedly ({how})"
        if self._opened is not None and self._opened.finite:
            return PermanentSourceError(f"{message}; run it again")
        return TransientSourceError(message)


def _ring_for(audio_format: AudioFormat) -> RingChain:
    capacity_samples = max(1, round(audio_format.sample_rate_hz * RING_SECONDS))
    return RingChain(capacity_samples, audio_format.channels, RING_BYTES)
