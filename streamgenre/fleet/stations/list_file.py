"""Reading the file of a list: what may be wrong before a single line is looked at."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from streamgenre.capture.source_text import shown
from streamgenre.errors import ConfigurationError

LARGEST_MIB = 64
KINDS = "TOML, CSV, M3U, OPML or PLS"
_LARGEST_BYTES = LARGEST_MIB * 2**20
_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that could be read as text."""

    path: Path
    where: str
    """The path, as people are shown it."""
    text: str
    """Every line ends with a line feed alone, whatever it ended with."""

    @property
    def lines(self) -> list[str]:
        """The lines, as editors count them."""
        return self.text.split("\n")


def read_list_file(path: Path) -> ListFile:
    """Return the text of a file; raises ConfigurationError."""
    where = shown(path)
    raw = _bytes(path, where)
    if len(raw) > _LARGEST_BYTES:
        raise ConfigurationError(
            f"{where}: more than {LARGEST_MIB} MiB is no list of stations; give one of {KINDS}"
        )
    utf_16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = raw.decode("utf-16", errors="replace") if utf_16 else _decoded(raw)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigurationError(
            f"{where}: no text: there is a zero byte at line {line}; give a list in {KINDS}, saved as UTF-8"
        )
    return ListFile(path, where, text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(raw: bytes) -> str:
    """Return the text: UTF-8, else as XML declares it, else each line as what it most probably is."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if declared := _DECLARED.match(raw):
            try:
                return raw.decode(declared[1].decode("ascii"))
            except (LookupError, ValueError):  # no encoding, or not the one it is in
                pass
    # A line of another encoding, pasted in, must not change how the others read.
    return "\n".join(_decoded_line(line) for line in raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"))


def _decoded_line(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _bytes(path: Path, where: str) -> bytes:
    try:
        # A pipe is read, too; one that nobody writes to must not hang the program.
        with open(path, "rb", opener=_without_waiting) as file:  # Path.open takes no opener
            piped = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
            os.set_blocking(file.fileno(), True)
            found = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError(f"{where}: no such file; name a list of stations in {KINDS}") from None
    except IsADirectoryError:
        raise ConfigurationError(f"{where}: a folder; name the list in it") from None
    except PermissionError:
        raise ConfigurationError(f"{where}: this user may not read it; allow it, or name another") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{where}: cannot be read: {reason}; name another list") from None
    if piped and not found:
        raise ConfigurationError(f"{where}: a pipe from which nothing comes; name a file")
    return found


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
