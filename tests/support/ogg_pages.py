"""Ogg pages made by hand, as RFC 3533 lays them out; decoders that check sums would refuse them."""

from __future__ import annotations

import struct


def comments(**entries: str) -> bytes:
    """Return a vector of comments with its vendor."""
    texts = [f"{key}={value}".encode() for key, value in entries.items()]
    vendor = struct.pack("<I", 4) + b"test"
    return vendor + struct.pack("<I", len(texts)) + b"".join(struct.pack("<I", len(t)) + t for t in texts)


def header_packets(codec: str, vector: bytes) -> tuple[bytes, bytes]:
    """Return the first two packets of a logical stream."""
    return {
        "vorbis": (b"\x01vorbis" + bytes(23), b"\x03vorbis" + vector + b"\x01"),
        "opus": (b"OpusHead" + bytes(11), b"OpusTags" + vector),
        "flac": (b"\x7fFLAC" + bytes(46), b"\x84" + len(vector).to_bytes(3, "big") + vector),
    }[codec]


def pages(packet: bytes, serial: int, *, first: bool = False, page_segments: int = 255) -> bytes:
    """Lay one packet out over as many pages as it takes."""
    sizes = [255] * (len(packet) // 255) + [len(packet) % 255]
    out, at = b"", 0
    for start in range(0, len(sizes), page_segments):
        table = bytes(sizes[start : start + page_segments])
        flags = (0x01 if start else 0) | (0x02 if first and not start else 0)
        out += struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, 0, 0, len(table)) + table
        out += packet[at : at + sum(table)]
        at += sum(table)
    return out


def link(codec: str, serial: int, vector: bytes, page_segments: int = 255) -> bytes:
    """Return a logical stream: its headers and some pages of what could be sound."""
    first, second = header_packets(codec, vector)
    sound = b"".join(pages(bytes([i]) * 700, serial) for i in range(5))
    return pages(first, serial, first=True) + pages(second, serial, page_segments=page_segments) + sound
