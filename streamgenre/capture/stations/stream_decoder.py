"""One URL decoded: stations with their titles, files on servers, HLS, RTSP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from streamgenre.capture.media import MediaDecoder
from streamgenre.capture.source_text import shown
from streamgenre.capture.stations.station import open_station
from streamgenre.errors import SourceError, TransientSourceError
from streamgenre.messages import AudioBlock, AudioFormat

SEGMENTS_SPEED = 1.001
"""A live playlist is played a little faster than it sounds, so that no clock falls behind its server's."""

_HURRIED_SECONDS = 1.0


class StreamDecoder:
    """An open stream. One thread takes its blocks; any thread may close it."""

    def __init__(self, url: str) -> None:
        """Open and decode the first frame; takes seconds at most. Raises SourceError."""
        self._shown = shown(url)
        station = open_station(url)
        self._media: MediaDecoder = station.media
        self._body = station.body
        self._paced = station.segmented and not self._media.finite
        self._closing = threading.Event()
        self._decoding = threading.Lock()

    @property
    def format(self) -> AudioFormat:
        return self._media.format

    @property
    def codec(self) -> str:
        """As FFmpeg names it."""
        return self._media.codec

    @property
    def finite(self) -> bool:
        """Whether the end is foreseeable: a file on a server, not a station."""
        return self._media.finite

    @property
    def title(self) -> str | None:
        """What plays now, as the station last said; else what the container says of the whole."""
        if self._body is not None and self._body.tells_titles:
            return self._body.title
        return self._media.title

    @property
    def damage(self) -> str | None:
        """What was found wrong so far, in words."""
        found = (self._body.damage if self._body is not None else None, self._media.damage)
        return "; ".join(filter(None, found)) or None

    def blocks(self) -> Iterator[AudioBlock]:
        """Give each decoded frame; call once. It ends with a file or close(), else raises SourceError."""
        blocks = self._media.blocks()
        due = time.monotonic()
        while (block := self._next(blocks)) is not None:
            if self._paced:
                due = self._wait_until(due)
                due += len(block.samples) / (self.format.sample_rate_hz * SEGMENTS_SPEED)
            yield block
        if not self._closing.is_set():
            self._require_end()

    def close(self) -> None:
        """Hang up. What FFmpeg itself waits for is let go when it returns, within its own time limit."""
        self._closing.set()
        if self._body is not None:
            self._body.close()
        self._release()

    def _next(self, blocks: Iterator[AudioBlock]) -> AudioBlock | None:
        with self._decoding:
            try:
                return None if self._closing.is_set() else next(blocks, None)
            except SourceError:
                if self._closing.is_set():
                    return None
                raise
            finally:
                if self._closing.is_set():
                    self._media.close()

    def _release(self) -> None:
        """Close the decoder unless a thread is in it; that thread will."""
        if self._decoding.acquire(blocking=False):
            try:
                self._media.close()
            finally:
                self._decoding.release()

    def _wait_until(self, due: float) -> float:
        """Wait until `due`; return it, or now where it has long passed: what came late is not hurried."""
        early = due - time.monotonic()
        if early > 0:
            self._closing.wait(early)
        return due if early > -_HURRIED_SECONDS else time.monotonic()

    def _require_end(self) -> None:
        failure = self._body.failure if self._body is not None else None
        if failure is not None:
            reason = str(failure).removeprefix(f"{self._shown}: ")
            raise self._media.broken_off(reason) if self.finite else failure
        if not self.finite:
            raise TransientSourceError(f"{self._shown}: the server ended the stream")
