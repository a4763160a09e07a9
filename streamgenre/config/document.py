"""Reading the file: what may be wrong before a single key is looked at."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

from streamgenre.capture.source_text import shown
from streamgenre.errors import ConfigurationError

LARGEST_BYTES = 2**20

Table = dict[str, object]


def read_document(path: Path) -> Table:
    """Return the tables of a TOML file; raises ConfigurationError, for syntax with line and column."""
    try:
        return tomllib.loads(_text(path))
    except RecursionError:
        raise ConfigurationError(f"{shown(path)}: values are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        hint = "; text stands in quotes" if str(error).startswith("Invalid value") else ""
        raise ConfigurationError(f"{shown(path)}: not TOML: {error}{hint}") from None
    except ValueError:  # Python refuses to read a number of thousands of digits
        raise ConfigurationError(f"{shown(path)}: a number or a date in it is none") from None


def _text(path: Path) -> str:
    raw = _bytes(path)
    if len(raw) > LARGEST_BYTES:
        raise ConfigurationError(f"{shown(path)}: more than {LARGEST_BYTES:,} bytes is no configuration")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{shown(path)}: not UTF-8 at line {line}; save it as UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        # A pipe is read, too; one that nobody writes to must neither hang the program nor mean "no sources".
        with open(path, "rb", opener=_without_waiting) as file:  # Path.open takes no opener
            piped = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
            os.set_blocking(file.fileno(), True)
            found = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        advice = f"name another, or write one with: streamgenre config init {shown(path)}"
        raise ConfigurationError(f"{shown(path)}: no such file; {advice}") from None
    except IsADirectoryError:
        raise ConfigurationError(f"{shown(path)}: a folder; name the file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{shown(path)}: cannot be read: {reason}") from None
    if piped and not found:
        raise ConfigurationError(f"{shown(path)}: a pipe from which nothing comes; name a file")
    return found


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
