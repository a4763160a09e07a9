"""One stream in a decoder process: a thread that decodes it and writes what there is to say of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from streamgenre.capture.decoders.decoder_records import (
    Damaged,
    Decoded,
    Ended,
    Failed,
    Opened,
    Titled,
    Worked,
    write_record,
)
from streamgenre.capture.regrouping import regrouped
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError, SourceError
from streamgenre.messages import AudioBlock, AudioFormat

BLOCK_SECONDS = 0.05
WORKED_SECONDS = 5.0
"""Of sound, between two records of what decoding it took."""


class Decoder(Protocol):
    """An open stream; used by one thread, but closed by any."""

    @property
    def format(self) -> AudioFormat: ...
    @property
    def codec(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def finite(self) -> bool: ...
    @property
    def damage(self) -> str | None: ...
    def blocks(self) -> Iterator[AudioBlock]: ...
    def close(self) -> None: ...


class Decoding:
    """Decodes `url` in a thread of its own, from start() until its end or close(), and closes the pipe."""

    def __init__(self, url: str, pipe: BinaryIO, open_decoder: Callable[[str], Decoder]) -> None:
        self._url = url
        self._pipe = pipe
        self._open_decoder = open_decoder
        self._decoder: Decoder | None = None
        self._closed = False
        self._changing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="decoding", daemon=True)

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Have it end; returns at once, for a library may hang in closing."""
        with self._changing:
            self._closed = True
            decoder, self._decoder = self._decoder, None
        if decoder:
            threading.Thread(target=decoder.close, name="closing", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._pipe as pipe:
                self._decode_to(pipe)
        except BrokenPipeError:
            pass  # nobody is left to hear of it
        finally:
            self._close_decoder()

    def _decode_to(self, pipe: BinaryIO) -> None:
        try:
            decoder = self._open_decoder(self._url)
            self._keep(decoder)
            if not self._closed:
                self._tell(pipe, decoder)
        except SourceError as error:
            write_record(pipe, Failed(str(error), permanent=isinstance(error, PermanentSourceError)))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this stream's alone
            message = f"{shown(self._url)}: its decoder failed ({type(error).__name__})"
            finite = self._decoder is not None and self._decoder.finite
            write_record(pipe, Failed(message, permanent=finite))  # begun anew, it would be heard twice

    def _keep(self, decoder: Decoder) -> None:
        with self._changing:
            self._decoder = decoder

    def _tell(self, pipe: BinaryIO, decoder: Decoder) -> None:
        title, damage = decoder.title, None
        write_record(pipe, Opened(decoder.format, title, decoder.finite, decoder.codec))
        block_samples = max(1, round(decoder.format.sample_rate_hz * BLOCK_SECONDS))
        work_told_at, work_told_every = 0, round(decoder.format.sample_rate_hz * WORKED_SECONDS)
        for block in regrouped(decoder.blocks(), block_samples):
            if self._closed:
                return
            if decoder.title != title:
                title = decoder.title
                write_record(pipe, Titled(title))
            write_record(pipe, Decoded(block.samples))
            damage = _tell_damage(pipe, decoder.damage, damage)
            if block.end_sample - work_told_at >= work_told_every:
                work_told_at = block.end_sample
                write_record(pipe, Worked(time.thread_time()))
        _tell_damage(pipe, decoder.damage, damage)
        write_record(pipe, Ended())

    def _close_decoder(self) -> None:
        with self._changing:
            decoder, self._decoder = self._decoder, None
        if decoder:
            decoder.close()


def _tell_damage(pipe: BinaryIO, damage: str | None, told: str | None) -> str | None:
    if damage is not None and damage != told:
        write_record(pipe, Damaged(damage))
    return damage
