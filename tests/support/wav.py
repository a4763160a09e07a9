"""WAV files written byte by byte, so that any field of the header can lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PCM, IEEE_FLOAT = 1, 3


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a canonical 44-byte header; None: what is true of the data."""

    format_tag: int = PCM
    channels: int = 1
    rate_hz: int = 22_050
    bits: int = 16
    block_align: int | None = None
    """Bytes a sample of all channels."""
    data_bytes: int | None = None
    riff_bytes: int | None = None


def wav_bytes(data: bytes, header: Header) -> bytes:
    """Return a WAV file of raw sample data under a header that need not fit it."""
    align = header.channels * header.bits // 8 % 2**16 if header.block_align is None else header.block_align
    rates = (header.rate_hz, header.rate_hz * align % 2**32)
    fmt = struct.pack("<HHIIHH", header.format_tag, header.channels, *rates, align, header.bits)
    data_bytes = len(data) if header.data_bytes is None else header.data_bytes
    riff_bytes = 36 + len(data) if header.riff_bytes is None else header.riff_bytes
    head = struct.pack("<4sI4s4sI", b"RIFF", riff_bytes, b"WAVE", b"fmt ", len(fmt)) + fmt
    return head + struct.pack("<4sI", b"data", data_bytes) + data
