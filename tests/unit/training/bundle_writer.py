"""Writes small TensorBundles, so that their reader has something to read."""

from __future__ import annotations

import struct

import numpy as np

from training.crc32c import masked_crc32c

DTYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9}
MAGIC = 0xDB4775248B80FB57


def write_bundle(tensors: dict[str, np.ndarray], entries_a_block: int = 3) -> tuple[bytes, bytes]:
    """Give the index and the data file of one shard."""
    data, entries = b"", {b"": _field(1, 1) + _field(2, 0)}
    for name in sorted(tensors):
        stored = tensors[name].astype(tensors[name].dtype.newbyteorder("<")).tobytes()
        entries[name.encode()] = _entry(tensors[name], len(data), stored)
        data += stored
    return write_table(entries, entries_a_block), data


def write_table(entries: dict[bytes, bytes], entries_a_block: int = 3) -> bytes:
    keys, table, index = sorted(entries), b"", {}
    for first in range(0, len(keys), entries_a_block):
        chosen = keys[first : first + entries_a_block]
        table, handle = _append(table, _block({key: entries[key] for key in chosen}))
        index[chosen[-1]] = handle
    table, meta_handle = _append(table, _block({}))
    table, index_handle = _append(table, _block(index))
    return table + (meta_handle + index_handle).ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def _append(table: bytes, block: bytes) -> tuple[bytes, bytes]:
    handle = varint(len(table)) + varint(len(block))
    stored = block + b"\0"
    return table + stored + struct.pack("<I", masked_crc32c(stored)), handle


def _block(entries: dict[bytes, bytes]) -> bytes:
    block, previous = b"", b""
    for key, value in entries.items():
        shared = 0
        while shared < min(len(key), len(previous)) and key[shared] == previous[shared]:
            shared += 1
        block += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        previous = key
    return block + struct.pack("<II", 0, 1)


def _entry(tensor: np.ndarray, offset: int, stored: bytes) -> bytes:
    dimensions = b"".join(_field(2, _field(1, size)) for size in tensor.shape)
    numbers = _field(1, DTYPES[tensor.dtype.name]) + _field(2, dimensions) + _field(4, offset)
    checksum = varint(6 << 3 | 5) + struct.pack("<I", masked_crc32c(stored))
    return numbers + _field(5, len(stored)) + checksum


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
