"""What an archive's folder holds beside the journal: the rows as people and programs read them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Literal, get_args

from streamgenre.errors import UsageError
from streamgenre.fleet.archive.journal import JOURNAL
from streamgenre.fleet.archive.whole_file import whole_file
from streamgenre.publish.classification import to_csv
from streamgenre.publish.payload import Payload, to_json

Form = Literal["parquet", "json", "csv"]
FAILED = "failed.csv"
ROWS_AT_ONCE = 1000


def require_folder(folder: Path) -> None:
    """Make the folder, or see that it is one of ours or empty. Raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted(path.name for path in folder.iterdir())
    except FileExistsError:
        raise UsageError(f"cannot write to {folder}: it is a file; name a folder") from None
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
    if others and JOURNAL not in others:
        raise UsageError(
            f"{folder} holds other things ({', '.join(others[:3])}); name a new folder, an empty one, "
            "or that of an earlier run"
        )


def results_path(folder: Path, form: Form) -> Path:
    """Return where the rows are."""
    assert form in get_args(Form)
    return folder / f"results.{form}"


def write_results(folder: Path, form: Form, rows: Callable[[], Iterable[Payload]]) -> None:
    """Write all rows, and those that failed once more by themselves. Raises StreamgenreError."""
    writers = {"parquet": _write_parquet, "json": _write_json, "csv": _write_csv}
    with whole_file(results_path(folder, form)) as path:
        writers[form](path, rows())
    with whole_file(folder / FAILED) as path:
        _write_failed(path, rows())


def _write_parquet(path: Path, rows: Iterable[Payload]) -> None:
    from streamgenre.fleet.archive.parquet import write_parquet  # noqa: PLC0415  # an extra

    write_parquet(path, rows)


def _write_json(path: Path, rows: Iterable[Payload]) -> None:
    """One array, a row a line."""
    with path.open("w", encoding="utf-8") as file:
        between = "["
        for row in rows:
            file.write(f"{between}{to_json(row)}")
            between = ",\n"
        file.write("[]\n" if between == "[" else "]\n")


def _write_csv(path: Path, rows: Iterable[Payload]) -> None:
    coming = iter(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(to_csv([]))
        while some := list(islice(coming, ROWS_AT_ONCE)):
            file.write(to_csv(some).partition("\n")[2])


def _write_failed(path: Path, rows: Iterable[Payload]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        failed = ((row["path"], row["error"]) for row in rows if row["error"])
        csv.writer(file, lineterminator="\n").writerows(chain([("path", "error")], failed))
