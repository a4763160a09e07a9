"""The program of a decoder process: reads a URL on stdin, decodes it, writes records to stdout.

A process of its own because FFmpeg starves behind a busy interpreter, and because a crash in a
decoder then ends one source only. It ends when its stdin does, that is, with its parent.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import BinaryIO

from streamgenre.capture.decoder_records import Damaged, Decoded, Ended, Failed, Opened, write_record
from streamgenre.capture.media import MediaDecoder
from streamgenre.capture.regrouping import regrouped
from streamgenre.errors import PermanentSourceError, SourceError

BLOCK_SECONDS = 0.02


def decode_to(pipe: BinaryIO, url: str) -> None:
    """Decode `url` to its end and write all there is to say of it."""
    try:
        decoder = MediaDecoder(url)
        write_record(pipe, Opened(decoder.format, decoder.title, decoder.finite))
        block_samples = max(1, round(decoder.format.sample_rate_hz * BLOCK_SECONDS))
        told: str | None = None
        for block in regrouped(decoder.blocks(), block_samples):
            write_record(pipe, Decoded(block.samples))
            told = _tell_damage(pipe, decoder.damage, told)
        _tell_damage(pipe, decoder.damage, told)
        write_record(pipe, Ended())
    except SourceError as error:
        write_record(pipe, Failed(str(error), permanent=isinstance(error, PermanentSourceError)))


def _tell_damage(pipe: BinaryIO, damage: str | None, told: str | None) -> str | None:
    if damage is not None and damage != told:
        write_record(pipe, Damaged(damage))
    return damage


def main() -> None:
    url = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").rstrip("\n")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        decode_to(sys.stdout.buffer, url)
    except BrokenPipeError:
        os._exit(0)  # nobody is left to hear of it, and closing stdout would complain


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
