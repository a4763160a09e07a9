"""Whether bytes are MP3, told by frames that follow each other; a station is joined in the middle of one."""

from __future__ import annotations

_CHAIN_FRAMES = 4
_HEADER_BYTES = 4
_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    0: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates of layer III by version (3: MPEG-1, 2: MPEG-2, 0: 2.5). Source: ISO/IEC 11172-3, 13818-3."""
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
SNIFFED_BYTES = 8192
"""Enough for the longest frames, wherever one begins."""


def holds_mp3(data: bytes) -> bool:
    """Tell whether four frames of MPEG layer III follow each other somewhere in `data`."""
    start = data.find(b"\xff")
    while start >= 0:
        if _chain(data, start) >= _CHAIN_FRAMES:
            return True
        start = data.find(b"\xff", start + 1)
    return False


def _chain(data: bytes, at: int) -> int:
    frames = 0
    while frames < _CHAIN_FRAMES and (length := _frame_bytes(data[at : at + _HEADER_BYTES])):
        frames += 1
        at += length
    return frames


def _frame_bytes(header: bytes) -> int:
    """Return how long the frame is that begins with `header`; 0 where that is none of layer III."""
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version = header[1] >> 3 & 3
    bit_rate_index, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bit_rate_index in {0, 15} or rate_index == 3:
        return 0
    samples = 1152 if version == 3 else 576
    bits_a_second = 1000 * _KBITS[version][bit_rate_index]
    return samples // 8 * bits_a_second // _RATES_HZ[version][rate_index] + (header[2] >> 1 & 1)
