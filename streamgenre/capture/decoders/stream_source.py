"""A URL as a source."""

from __future__ import annotations

import time

from streamgenre.capture.decoders.decoder_pool import DecoderPool, shared_pool
from streamgenre.capture.decoders.stream_receiver import StreamReceiver
from streamgenre.capture.pacing import Clock, Pacer, SystemClock
from streamgenre.messages import AudioBlock, AudioFormat

BLOCK_SECONDS = 0.05


class StreamSource:
    """One open URL. A file on a server is paced if asked; a station paces itself."""

    def __init__(
        self, url: str, *, paced: bool = True, clock: Clock | None = None, pool: DecoderPool = shared_pool
    ) -> None:
        self._receiver = StreamReceiver(url, pool)
        try:
            self._opened = self._receiver.wait_until_open()
        except BaseException:
            self._receiver.close()
            raise
        rate_hz = self.format.sample_rate_hz
        self._block_samples = max(1, round(rate_hz * BLOCK_SECONDS))
        self._pacer = Pacer(rate_hz, clock or SystemClock()) if paced and not self.live else None
        self._held: AudioBlock | None = None
        self._closed = False

    @property
    def format(self) -> AudioFormat:
        return self._opened.format

    @property
    def live(self) -> bool:
        """A station is live; a file on a server, whose end is known, is not."""
        return not self._opened.finite

    @property
    def title(self) -> str | None:
        return self._receiver.title

    @property
    def damage(self) -> str | None:
        return self._receiver.damage

    @property
    def backlog_seconds(self) -> float:
        """Audio received and not read yet, without what the decoder process and the server hold back."""
        held = len(self._held.samples) if self._held else 0
        return (self._receiver.unread_samples + held) / self.format.sample_rate_hz

    @property
    def reopens(self) -> bool:
        """A station goes on elsewhere; a file on a server would begin anew."""
        return self.live

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._receiver.lost_samples

    @property
    def codec(self) -> str:
        """As FFmpeg names it."""
        return self._opened.codec

    @property
    def decoding_seconds(self) -> float:
        """Processor time that decoding took so far, in the decoder process."""
        return self._receiver.decoding_seconds

    @property
    def process_id(self) -> int:
        """Of the decoder, which may decode other streams, too."""
        return self._receiver.process_id

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._closed:
            raise ValueError("this stream source is closed")
        deadline = time.monotonic() + timeout_seconds
        if self._held is None:
            self._held = self._receiver.read(self._block_samples, timeout_seconds)
        block = self._held
        if block is None:
            return None
        if self._pacer and not self._pacer.wait_until_due(block.end_sample, deadline - time.monotonic()):
            return None
        self._held = None
        return block

    def close(self) -> None:
        self._closed = True
        self._receiver.close()
