"""The results as files: the same rows as `classify --format` writes, whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.archive.results import write_results
from streamgenre.fleet.archive.whole_file import whole_file
from streamgenre.messages import Classification, LabelProbability, Segment
from streamgenre.publish.classification import row_of, row_of_failure, to_csv

LABELS = (LabelProbability("jazz", 0.7), LabelProbability("blues", 0.3))
SEGMENTS = (
    Segment(1.5, 0.0, 1.5, "music", "jazz", 0.7, "Ärtist – „Títle“", "end"),
    Segment(3.0, 1.5, 3.0, "speech", None, 0.9, None, "end"),
)
ROWS: list[dict[str, Any]] = [
    row_of(Classification("/a", 3.0, "music", "jazz", 0.7, LABELS, LABELS[:1], SEGMENTS, False, None)),
    row_of_failure("/b", "not audio"),
    row_of(
        Classification(
            "/c", 0.5, "unknown", None, None, (), (), (), True, "too short", "cut off", not_finite=3
        )
    ),
]


def test_json_is_one_array(tmp_path: Path):
    for rows in (ROWS, ROWS[:1], []):
        write_results(tmp_path, "json", lambda rows=rows: rows)
        assert json.loads((tmp_path / "results.json").read_text()) == rows


def test_csv_is_that_of_classify(tmp_path: Path):
    write_results(tmp_path, "csv", lambda: ROWS)
    assert (tmp_path / "results.csv").read_text() == to_csv(ROWS)
    assert (tmp_path / "failed.csv").read_text() == "path,error\n/b,not audio\n"


def test_parquet_holds_the_same_values_whatever_the_rows_are(tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    for rows in (ROWS, ROWS[1:2], []):
        write_results(tmp_path, "parquet", lambda rows=rows: rows)
        table = parquet.read_table(tmp_path / "results.parquet")
        found = table.to_pylist()
        assert [{name: value for name, value in row.items() if name in given} for row, given in
                zip(found, rows, strict=True)] == rows  # fmt: skip
        assert all(value is None for row, given in zip(found, rows, strict=True)
                   for name, value in row.items() if name not in given)  # fmt: skip
        assert set().union(*ROWS) == set(table.schema.names)
    assert str(table.schema.field("segments").type).startswith("list<element: struct<start: string")


def test_what_was_there_stays_until_all_is_written(tmp_path: Path):
    target = tmp_path / "results.csv"
    target.write_text("good")

    def half(path: Path) -> None:
        path.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        pytest.raises(StreamgenreError, match=r"results.csv: No space left on device; all that was heard"),
        whole_file(target) as path,
    ):
        half(path)
    assert [target.read_text(), *(path.name for path in tmp_path.iterdir())] == ["good", "results.csv"]
