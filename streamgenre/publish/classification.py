"""The public rows of `classify`: one a file, as JSON, CSV or a table's cells."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable

from streamgenre.messages import Classification
from streamgenre.publish.payload import Payload, probabilities, segment_fields

COLUMNS: tuple[str, ...] = (
    *("path", "seconds", "status", "genre", "confidence"),
    *("top", "tags", "segments", "short", "error"),
)


def printable(text: str) -> str:
    """Return the text with bytes of a file's name that are no UTF-8 spelled out."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def row_of(result: Classification) -> Payload:
    """Return the row of a file that was heard."""
    row: Payload = {
        "path": printable(result.path),
        "seconds": round(result.seconds, 3),
        "status": result.status,
        "genre": result.genre,
        "confidence": None if result.confidence is None else round(result.confidence, 4),
        "top": probabilities(result.top),
        "tags": probabilities(result.tags),
        "segments": [segment_fields(segment) for segment in result.segments],
        "short": result.short,
        "error": None,
    }
    if result.damage:
        row["damage"] = result.damage
    if result.not_finite:
        row["not_finite_samples"] = result.not_finite
    if result.reason is not None:
        row["reason"] = result.reason
    return row


def row_of_failure(path: str, error: str) -> Payload:
    """Return the row of a file that could not be read."""
    return dict.fromkeys(COLUMNS) | {
        "path": printable(path),
        "top": [],
        "tags": [],
        "segments": [],
        "short": False,
        "error": printable(error),
    }


def to_csv(rows: Iterable[Payload]) -> str:
    """Return the rows as CSV with a header; lists become `label:p` joined by spaces."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        flat = {name: "" if row[name] is None else row[name] for name in COLUMNS}
        flat |= {name: _pairs(row[name]) for name in ("top", "tags")}
        flat["segments"] = " ".join(_stretch(segment) for segment in row["segments"])
        flat["short"] = str(row["short"]).lower()
        writer.writerow(flat)
    return out.getvalue()


def _pairs(rows: list[Payload]) -> str:
    return " ".join(f"{row['label'].replace(' ', '_')}:{row['p']:.4f}" for row in rows)


def _stretch(segment: Payload) -> str:
    what = segment["genre"] or segment["status"]
    return f"{segment['start_seconds']:g}-{segment['end_seconds']:g}:{what}"
