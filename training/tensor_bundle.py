"""A NumPy reader of TensorFlow checkpoints (TensorBundle V2): `PREFIX.index` and `PREFIX.data-…`.

Source: tensorflow/core/protobuf/tensor_bundle.proto. Deviations: little-endian, unsliced float32
and integer tensors only, which is all that trained checkpoints hold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.crc32c import masked_crc32c
from training.leveldb_table import TableError, read_table, read_varint

_DTYPES = {1: np.dtype("<f4"), 2: np.dtype("<f8"), 3: np.dtype("<i4"), 9: np.dtype("<i8")}


class TensorBundleError(ValueError):
    """The checkpoint is damaged, or uses something this reader does not know."""


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """Where one tensor lies."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    shard: int
    """Which data file holds it."""
    offset: int
    """Byte in that file at which it begins."""
    size: int
    """Bytes it takes."""
    masked_crc: int
    """CRC-32C of those bytes, masked."""


class TensorBundle:
    """The tensors of one checkpoint by name; each is checked against its CRC-32C when it is read."""

    def __init__(self, index: bytes, shards: Mapping[int, bytes]) -> None:
        try:
            table = read_table(index)
        except TableError as error:
            raise TensorBundleError(f"the index: {error}") from error
        self._shards = shards
        self._entries = {key.decode(): _entry(key.decode(), value) for key, value in table.items() if key}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._find(name).shape

    def tensor(self, name: str) -> NDArray[np.generic]:
        """Read one tensor; raises TensorBundleError when it is missing, cut short or damaged."""
        entry = self._find(name)
        data = self._shards.get(entry.shard, b"")[entry.offset : entry.offset + entry.size]
        if len(data) != entry.size or masked_crc32c(data) != entry.masked_crc:
            raise TensorBundleError(f"tensor {name} is damaged: its checksum differs")
        return np.frombuffer(data, entry.dtype).reshape(entry.shape)

    def _find(self, name: str) -> BundleEntry:
        if name not in self._entries:
            raise TensorBundleError(f"no tensor {name}; there are {', '.join(self.names)}")
        return self._entries[name]


def _entry(name: str, message: bytes) -> BundleEntry:
    fields: dict[int, int | bytes] = dict(_fields(message))
    if 7 in fields:
        raise TensorBundleError(f"tensor {name} is stored in slices, which is not supported")
    dtype = _DTYPES.get(int(fields.get(1, 0)))
    if dtype is None:
        raise TensorBundleError(f"tensor {name} has element type {fields.get(1)}, which is not supported")
    shape = tuple(_shape(fields.get(2, b"")))
    return BundleEntry(dtype, shape, *(int(fields.get(number, 0)) for number in (3, 4, 5, 6)))


def _shape(message: int | bytes) -> Iterator[int]:
    assert isinstance(message, bytes)
    for number, dimension in _fields(message):
        if number == 2 and isinstance(dimension, bytes):
            yield int(dict(_fields(dimension)).get(1, 0))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Walk a protobuf message: field numbers with their varint, fixed32 or bytes."""
    position = 0
    while position < len(message):
        key, position = read_varint(message, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, position = read_varint(message, position)
            yield number, value
        elif wire_type == 2:
            size, position = read_varint(message, position)
            yield number, message[position : position + size]
            position += size
        elif wire_type == 5:
            yield number, struct.unpack("<I", message[position : position + 4])[0]
            position += 4
        else:
            raise TensorBundleError(f"a bundle entry uses protobuf wire type {wire_type}")
