"""What the first bytes of an SQLite file tell, without opening it as a database: others write to it.

See https://www.sqlite.org/fileformat.html#the_database_header.
"""

from __future__ import annotations

from pathlib import Path

HEADER_BYTES = 100
MAGIC = b"SQLite format 3\0"
VERSION_AT = 60
"""Where `PRAGMA user_version` is kept, four bytes, the highest first."""


class NotSqliteError(Exception):
    """The file is something else, or damaged."""


def schema_version(path: Path) -> int:
    """Return the version its writer gave it; 0 where it is new. Raises NotSqliteError or OSError."""
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if not header:
        return 0
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise NotSqliteError(path)
    return int.from_bytes(header[VERSION_AT : VERSION_AT + 4], "big")
