"""Titles out of the comments of Ogg streams, read from the bytes as they pass to the decoder.

FFmpeg tells a file-like reader only the first link's comments; a station sends a new link for every song.
"""

from __future__ import annotations

import struct

from streamgenre.capture.stations.title_text import clean_title, decode_title

GREATEST_COMMENTS_BYTES = 1 << 16
"""What is read of a comment header; cover pictures behind it are passed over."""
_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST_PAGE = 0x02
_CONTINUED = 0x01
_CODECS = {b"\x01vorbis": b"\x03vorbis", b"OpusHead": b"OpusTags", b"\x7fFLAC": b"", b"Speex   ": b""}
"""What an identification header begins with, and what stands before the comments in the next packet."""
_FLAC_BLOCK_HEADER_BYTES = 4
_WANTED = ("artist", "title")


class OggTitles:
    """Watches the bytes of a station; `title` is that of the link that began last."""

    def __init__(self) -> None:
        self.title: str | None = None
        self._held = bytearray()
        """A page's header, as far as it has come: at most 282 bytes."""
        self._skipped_bytes = 0
        self._wanted: dict[int, _Comments] = {}
        """Links whose comments are still to come, by serial number."""
        self._reading: _Comments | None = None

    def process(self, data: bytes) -> None:
        """Look at the next bytes; garbage between pages is passed over."""
        at = 0
        while at < len(data):
            at += self._take_body(data, at) if self._skipped_bytes else self._take_header(data, at)

    def _take_body(self, data: bytes, at: int) -> int:
        piece = data[at : at + self._skipped_bytes]
        self._skipped_bytes -= len(piece)
        if self._reading is not None:
            self._reading.add(piece)
            if self._skipped_bytes == 0:
                self._finish_page(self._reading)
        return len(piece)

    def _take_header(self, data: bytes, at: int) -> int:
        held_before = len(self._held)
        if held_before == 0 and (start := data.find(b"O", at)) != at:
            return (start if start >= 0 else len(data)) - at
        self._held += data[at : at + self._missing_bytes()]
        taken = len(self._held) - held_before
        if not b"OggS".startswith(bytes(self._held[:4])):
            self._drop_to_next_letter()
        elif self._missing_bytes() == 0:
            self._open_page(bytes(self._held))
            self._held.clear()
        return taken

    def _missing_bytes(self) -> int:
        """How much to hold next: the pattern, the fixed part, the table of segments."""
        held = len(self._held)
        if held < 4:
            return 4 - held
        if held < _PAGE.size:
            return _PAGE.size - held
        return _PAGE.size + self._held[_PAGE.size - 1] - held

    def _drop_to_next_letter(self) -> None:
        start = self._held.find(b"O", 1)
        del self._held[: start if start > 0 else len(self._held)]

    def _open_page(self, header: bytes) -> None:
        _, version, flags, _, serial, _, _, segments = _PAGE.unpack_from(header)
        if version != 0 or segments == 0:
            return
        sizes = header[_PAGE.size : _PAGE.size + segments]
        self._skipped_bytes = sum(sizes)
        if flags & _FIRST_PAGE:
            self._wanted[serial] = _Comments()
            while len(self._wanted) > 8:
                del self._wanted[next(iter(self._wanted))]
        self._reading = self._wanted.get(serial)
        if self._reading is not None:
            self._reading.begin_page(sizes, continued=bool(flags & _CONTINUED))
            if not self._skipped_bytes:
                self._finish_page(self._reading)

    def _finish_page(self, comments: _Comments) -> None:
        self._reading = None
        if not comments.complete:
            return
        self._wanted = {serial: c for serial, c in self._wanted.items() if c is not comments}
        if comments.found is not None:
            self.title = _title(comments.found)


class _Comments:
    """The first two packets of one logical stream."""

    def __init__(self) -> None:
        self._packets: list[bytearray] = [bytearray()]
        self._sizes: list[int] = []
        self.complete = False
        self.found: bytes | None = None
        """The second packet from its vector of comments on; None: not a codec known here."""

    def begin_page(self, sizes: bytes, *, continued: bool) -> None:
        if not continued and len(self._packets) > 1 and self._packets[-1]:
            self.complete = True  # the rest of the comments was lost
        self._sizes = list(sizes)

    def add(self, piece: bytes) -> None:
        """Take bytes of a page's body, in order."""
        at = 0
        while self._sizes and not self.complete:
            left = self._sizes[0]
            taken = piece[at : at + left]
            packet = self._packets[-1]
            packet += taken[: GREATEST_COMMENTS_BYTES - len(packet)]
            at += len(taken)
            if len(taken) < left:
                self._sizes[0] = left - len(taken)
                return
            self._sizes.pop(0)
            if left < 255:
                self._end_packet()

    def _end_packet(self) -> None:
        if len(self._packets) == 1:
            self._packets.append(bytearray())
            return
        self.complete = True
        first, second = self._packets
        for beginning, mark in _CODECS.items():
            if first.startswith(beginning) and second.startswith(mark):
                offset = _FLAC_BLOCK_HEADER_BYTES if beginning == b"\x7fFLAC" else len(mark)
                self.found = bytes(second[offset:])


def _title(vector: bytes) -> str | None:
    """Return "artist - title" from a vector of comments (Vorbis I, section 5.2); None without a title."""
    told: dict[str, str] = {}
    for entry in _entries(vector):
        key, _, value = entry.partition(b"=")
        if (name := key.lower().decode("latin-1")) in _WANTED:
            told.setdefault(name, decode_title(value))
    title, artist = (clean_title(told.get(key, "")) for key in ("title", "artist"))
    return clean_title(f"{artist} - {title}") if artist and title else title


def _entries(vector: bytes) -> list[bytes]:
    """Return every comment that is there whole."""
    entries: list[bytes] = []
    at = 4 + _number(vector, 0)
    count = _number(vector, at)
    at += 4
    while len(entries) < count and at + 4 <= len(vector):
        size = _number(vector, at)
        if at + 4 + size > len(vector):
            break
        entries.append(vector[at + 4 : at + 4 + size])
        at += 4 + size
    return entries


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
