"""A reader of LevelDB's immutable sorted table, the format of a TensorBundle's `.index`.

Source: LevelDB's doc/table_format.md. Deviation: compressed blocks are refused; bundles have none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from training.crc32c import masked_crc32c

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5


class TableError(ValueError):
    """The bytes are not a table, or not an undamaged one."""


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Decode a little-endian base-128 number; give it and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def read_table(data: bytes) -> dict[bytes, bytes]:
    """Give every key and value of a table, in order; raises TableError when it is damaged."""
    if len(data) < _FOOTER_BYTES or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise TableError("not a LevelDB table: the magic number at its end is missing")
    footer = data[-_FOOTER_BYTES:]
    try:
        _, position = _read_handle(footer, 0)
        index_handle, _ = _read_handle(footer, position)
        return dict(_entries(data, index_handle))
    except (IndexError, struct.error) as error:
        raise TableError("the table breaks off in the middle of an entry") from error


def _entries(data: bytes, index_handle: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
    for _, handle_bytes in _block_entries(_block(data, index_handle)):
        handle, _ = _read_handle(handle_bytes, 0)
        yield from _block_entries(_block(data, handle))


def _read_handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    offset, position = read_varint(data, position)
    size, position = read_varint(data, position)
    return (offset, size), position


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    offset, size = handle
    stored = data[offset : offset + size + _TRAILER_BYTES]
    if len(stored) != size + _TRAILER_BYTES:
        raise TableError(f"the block at byte {offset} breaks off")
    if stored[size] != 0:
        raise TableError(f"the block at byte {offset} is compressed, which is not supported")
    if struct.unpack("<I", stored[size + 1 :])[0] != masked_crc32c(stored[: size + 1]):
        raise TableError(f"the block at byte {offset} is damaged: its checksum differs")
    return stored[:size]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    restarts = struct.unpack("<I", block[-4:])[0]
    end, position, key = len(block) - 4 * (restarts + 1), 0, b""
    while position < end:
        shared, position = read_varint(block, position)
        unshared, position = read_varint(block, position)
        value_bytes, position = read_varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + value_bytes]
        position += value_bytes
