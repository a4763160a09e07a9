from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.training.bundle_writer import varint, write_bundle, write_table
from training.crc32c import crc32c
from training.leveldb_table import TableError, read_table, read_varint
from training.tensor_bundle import TensorBundle, TensorBundleError


def _tensors():
    generator = np.random.default_rng(5)
    return {
        "conv2d/kernel": generator.normal(size=(7, 3, 1, 2)).astype(np.float32),
        "conv2d/bias": generator.normal(size=2).astype(np.float32),
        "conv2d_1/bias": generator.normal(size=300),
        "global_step": np.array(200_000, np.int64),
        "steps": np.arange(5, dtype=np.int32),
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"123456789", 0xE3069283), (b"", 0), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_crc32c_gives_the_published_values(data, expected):
    assert crc32c(data) == expected


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_varints_are_read_back_and_end_where_they_end(value, rest):
    encoded = varint(value)
    assert read_varint(encoded + rest, 0) == (value, len(encoded))


@given(st.dictionaries(st.binary(max_size=6), st.binary(max_size=300), max_size=12), st.integers(1, 5))
def test_a_table_gives_back_every_entry(entries, entries_a_block):
    assert read_table(write_table(entries, entries_a_block)) == entries


@pytest.mark.parametrize("entries_a_block", [1, 2, 100])
def test_a_bundle_gives_back_every_tensor(entries_a_block):
    tensors = _tensors()
    index, data = write_bundle(tensors, entries_a_block)
    bundle = TensorBundle(index, {0: data})
    assert set(bundle.names) == set(tensors)
    for name, tensor in tensors.items():
        read = bundle.tensor(name)
        assert read.dtype == tensor.dtype
        assert bundle.shape(name) == read.shape == tensor.shape
        assert np.array_equal(read, tensor)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_turned_bit_in_the_data_is_noticed(position, bit):
    tensors = _tensors()
    index, data = write_bundle(tensors)
    damaged = bytearray(data)
    damaged[position % len(data)] ^= 1 << bit
    bundle = TensorBundle(index, {0: bytes(damaged)})
    with pytest.raises(TensorBundleError, match="is damaged"):
        [bundle.tensor(name) for name in tensors]


def test_a_turned_bit_in_the_index_is_noticed():
    index, data = write_bundle(_tensors())
    damaged = bytearray(index)
    damaged[20] ^= 4
    with pytest.raises(TensorBundleError, match="checksum differs"):
        TensorBundle(bytes(damaged), {0: data})


def test_data_cut_short_is_noticed():
    index, data = write_bundle(_tensors())
    with pytest.raises(TensorBundleError, match="steps is damaged"):
        TensorBundle(index, {0: data[:-1]}).tensor("steps")


def test_a_missing_tensor_is_answered_with_those_there_are():
    index, data = write_bundle({"bias": np.zeros(2, np.float32)})
    with pytest.raises(TensorBundleError, match="no tensor kernel; there are bias"):
        TensorBundle(index, {0: data}).tensor("kernel")


def test_what_is_no_table_is_refused():
    with pytest.raises(TableError, match="not a LevelDB table"):
        read_table(b"hello")
    with pytest.raises(TableError, match="breaks off"):
        read_table(write_table({b"a": b"b"})[-48:])
