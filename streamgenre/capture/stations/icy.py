"""ICY metadata: titles that a station puts between the bytes of its audio."""

from __future__ import annotations

import re

from streamgenre.capture.stations.title_text import clean_title, decode_title
from streamgenre.errors import TransientSourceError

GREATEST_INTERVAL_BYTES = 1 << 24
_TOLERATED_STRANGE_BLOCKS = 3
_FIELDS = re.compile(rb"\s*[A-Za-z][\w-]{0,63}=")
_TITLE = re.compile(rb"StreamTitle='(.*?)(?:';?\Z|';(?=\s*[A-Za-z][\w-]{0,63}='))", re.DOTALL)
_CUT_TITLE = re.compile(rb"StreamTitle='(.*)", re.DOTALL)


def metadata_interval(header: str | None) -> int:
    """Return the bytes of audio between two blocks as `icy-metaint` declares them; 0: no blocks come."""
    text = (header or "").strip()
    interval = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return interval if interval <= GREATEST_INTERVAL_BYTES else 0


def stream_title(block: bytes) -> str | None:
    """Return the title in a block's fields; None where there is none or it is empty."""
    fields = block.strip(b"\0 \r\n")
    found = _TITLE.search(fields) or _CUT_TITLE.search(fields)
    return clean_title(decode_title(found[1])) if found else None


class IcyStream:
    """Takes the metadata out of one station's bytes, however they are cut.

    The body is: `interval` bytes of audio, a byte that counts units of 16, so many bytes of fields,
    and so on. Source: what SHOUTcast and Icecast send; no standard exists.
    """

    def __init__(self, interval_bytes: int, station: str) -> None:
        self._interval = interval_bytes
        self._station = station
        self._audio_left = interval_bytes
        self._block = bytearray()
        self._block_left = -1  # -1: the byte that tells the length is yet to come
        self._blocks_understood = 0
        self._strange_blocks = 0
        self.interleaved = True
        """False once it was found that the server declares blocks and sends none."""
        self.title: str | None = None
        """As last told; None: nothing is told, or an empty title."""
        self.told = False
        """Whether a title came, if only an empty one."""

    def process(self, data: bytes) -> bytes:
        """Return the audio in `data`. Raises TransientSourceError where the blocks are lost for good."""
        audio = bytearray()
        at = 0
        while at < len(data):
            if not self.interleaved:
                audio += data[at:]
                break
            at += self._take_audio(data, at, audio) if self._audio_left else self._take_block(data, at, audio)
        return bytes(audio)

    def _take_audio(self, data: bytes, at: int, audio: bytearray) -> int:
        piece = data[at : at + self._audio_left]
        audio += piece
        self._audio_left -= len(piece)
        return len(piece)

    def _take_block(self, data: bytes, at: int, audio: bytearray) -> int:
        taken = 1
        if self._block_left < 0:
            self._block_left = data[at] * 16
        else:
            piece = data[at : at + self._block_left]
            self._block += piece
            self._block_left -= len(piece)
            taken = len(piece)
        if self._block_left == 0:
            self._finish_block(audio)
        return taken

    def _finish_block(self, audio: bytearray) -> None:
        block = bytes(self._block)
        self._block.clear()
        self._block_left = -1
        self._audio_left = self._interval
        if not block.strip(b"\0 \r\n"):
            return
        if _FIELDS.match(block):
            self._blocks_understood += 1
            self._strange_blocks = 0
            if b"StreamTitle=" in block:
                self.title = stream_title(block)
                self.told = True
        elif self._blocks_understood:
            self._count_strange_block()
        else:
            self.interleaved = False
            audio += bytes([len(block) // 16]) + block

    def _count_strange_block(self) -> None:
        self._strange_blocks += 1
        if self._strange_blocks >= _TOLERATED_STRANGE_BLOCKS:
            raise TransientSourceError(
                f"{self._station}: titles no longer stand where the server said they would; "
                "it has to be opened again"
            )
