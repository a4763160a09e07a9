"""The rows of an archive as Parquet: the only door to pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from streamgenre.publish.payload import SCHEMA, Payload

ROWS_AT_ONCE = 2000

_PROBABILITIES = pa.list_(pa.struct([("label", pa.string()), ("p", pa.float64())]))
_SEGMENTS = pa.list_(
    pa.struct(
        [
            ("start", pa.string()),
            ("end", pa.string()),
            ("start_seconds", pa.float64()),
            ("end_seconds", pa.float64()),
            ("status", pa.string()),
            ("genre", pa.string()),
            ("mean_confidence", pa.float64()),
            ("title", pa.string()),
            ("reason", pa.string()),
        ]
    )
)
COLUMNS = pa.schema(
    [
        ("path", pa.string()),
        ("seconds", pa.float64()),
        ("status", pa.string()),
        ("genre", pa.string()),
        ("confidence", pa.float64()),
        ("top", _PROBABILITIES),
        ("tags", _PROBABILITIES),
        ("segments", _SEGMENTS),
        ("short", pa.bool_()),
        ("error", pa.string()),
        ("damage", pa.string()),
        ("not_finite_samples", pa.int64()),
        ("reason", pa.string()),
    ],
    metadata={"streamgenre.schema": str(SCHEMA)},
)
"""The keys of a row, in their order; null where a row lacks one."""


def write_parquet(path: Path, rows: Iterable[Payload]) -> None:
    """Write the rows, some at a time. Raises OSError."""
    coming = iter(rows)
    with pq.ParquetWriter(path, COLUMNS, compression="zstd") as writer:
        while some := list(islice(coming, ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(some, COLUMNS))
