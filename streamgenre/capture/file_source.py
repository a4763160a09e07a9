"""A file as a source: decoded here, as fast as it is read or as fast as it would sound."""

from __future__ import annotations

import stat
from pathlib import Path

from streamgenre.baton import baton
from streamgenre.capture.media import MediaDecoder
from streamgenre.capture.pacing import Clock, Pacer, SystemClock
from streamgenre.capture.readable_path import require_readable
from streamgenre.capture.regrouping import regrouped
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError
from streamgenre.messages import AudioBlock, AudioFormat

PACED_BLOCK_SECONDS = 0.05
UNPACED_BLOCK_SECONDS = 1.0


class FileSource:
    """One open file. `paced`: no sample is given before it would have sounded."""

    live = False
    backlog_seconds = 0.0
    reopens = False

    def __init__(self, path: Path, *, paced: bool = True, clock: Clock | None = None) -> None:
        status = require_readable(path)
        if not stat.S_ISREG(status.st_mode):
            raise PermanentSourceError(
                f"{shown(path)} is no regular file; for raw samples from a pipe use pcm:{shown(path)}?rate=…"
            )
        self._decoder = MediaDecoder(path)
        rate_hz = self.format.sample_rate_hz
        self._pacer = Pacer(rate_hz, clock or SystemClock()) if paced else None
        block_seconds = PACED_BLOCK_SECONDS if paced else UNPACED_BLOCK_SECONDS
        self._blocks = regrouped(self._decoder.blocks(), max(1, round(rate_hz * block_seconds)))
        self._next: AudioBlock | None = None
        self._closed = False

    @property
    def format(self) -> AudioFormat:
        return self._decoder.format

    @property
    def title(self) -> str | None:
        return self._decoder.title

    @property
    def damage(self) -> str | None:
        return self._decoder.damage

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._closed:
            raise ValueError("this file source is closed")
        if self._next is None:
            with baton.laid_down:
                self._next = next(self._blocks, None)
        block = self._next
        if block is None:
            raise EOFError
        if self._pacer and not self._pacer.wait_until_due(block.end_sample, timeout_seconds):
            return None
        self._next = None
        return block

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._decoder.close()
