"""A file, FIFO or standard output to which whole lines are added, whatever happens on the way."""

from __future__ import annotations

import errno
import json
import os
import select
import stat
import sys
from contextlib import suppress
from pathlib import Path

MODE = 0o640
POLL_SECONDS = 0.5
OURS = b'{"schema"'
TAIL_BYTES = 1 << 20
"""A longer line is none of ours."""


class LineFile:
    """Used by one thread. A name that leads to another file is followed there."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._fd: int | None = None
        self._regular = False
        self._left = b""
        """Of a pipe: the rest of a line whose beginning its reader has."""

    @property
    def unfinished(self) -> bool:
        """Whether a pipe's reader has the beginning of a line: writing nothing goes on with it."""
        return bool(self._left)

    def reopen(self) -> None:
        """Close; the next write opens what the name leads to then."""
        if self._path is not None:
            self.close()

    def close(self) -> None:
        """Let go; what a pipe's reader lacks of a line it will never get."""
        self._left = b""
        if self._fd is not None and self._path is not None:
            os.close(self._fd)
        self._fd = None

    def write(self, lines: bytes, patience_seconds: float) -> int:
        """Add what can be added; return how many bytes of `lines` are whole lines written.

        Of a pipe, a line that was begun counts as written: it is ended first, next time. It waits no
        longer than this for a pipe to be read. Raises OSError.
        """
        descriptor = self._descriptor()
        if self._regular:
            return _add(descriptor, lines)
        try:
            return self._send(descriptor, lines, patience_seconds)
        except BrokenPipeError:
            self.close()
            raise

    def _descriptor(self) -> int:
        if self._fd is not None and self._moved(self._fd):
            self.close()
        if self._fd is None:
            self._fd = _standard_output() if self._path is None else _open(self._path)
            self._regular = stat.S_ISREG(os.fstat(self._fd).st_mode)
            if self._regular and self._path is not None:
                _end_last_line(self._path, self._fd)
        return self._fd

    def _moved(self, descriptor: int) -> bool:
        """Whether the name no longer leads to the file that is open."""
        if self._path is None:
            return False
        try:
            return not os.path.samestat(os.fstat(descriptor), self._path.stat())
        except OSError:
            return True

    def _send(self, descriptor: int, lines: bytes, patience_seconds: float) -> int:
        """Write to a pipe or terminal as much as is taken within this time."""
        begun = len(self._left)
        data = self._left + lines
        sent = 0
        while sent < len(data) and _ready(descriptor, patience_seconds):
            with suppress(BlockingIOError):
                sent += os.write(descriptor, data[sent : sent + select.PIPE_BUF])
        if sent < begun:
            self._left = data[sent:begun]
            return 0
        whole = (
            sent - begun
            if sent == begun or data[sent - 1 : sent] == b"\n"
            else _line_end(lines, sent - begun)
        )
        self._left = lines[sent - begun : whole]
        return whole


def _standard_output() -> int:
    if sys.__stdout__ is None:  # what is number 1 now is a file or socket of something else
        raise OSError(errno.EBADF, "standard output was closed before the start")
    return 1


def _open(path: Path) -> int:
    """Open to append, not waiting for the reader of a FIFO: raises OSError where there is none."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(path, flags, MODE)


def _add(descriptor: int, lines: bytes) -> int:
    """Append to a file; what was written of a line that did not fit is taken back. Raises OSError."""
    before = os.fstat(descriptor).st_size
    written = 0
    try:
        while written < len(lines):
            written += os.write(descriptor, lines[written:])
    except OSError:
        whole = lines.rfind(b"\n", 0, written) + 1
        # Someone may have emptied it meanwhile: it must never become longer.
        if whole < written and os.fstat(descriptor).st_size > before + whole:
            os.ftruncate(descriptor, before + whole)
            os.lseek(descriptor, 0, os.SEEK_END)  # standard output may not be open to append
        if whole == 0:
            raise
        return whole
    return written


def _line_end(lines: bytes, start: int) -> int:
    """Return the index one past the end of the line that `start` is in."""
    return lines.index(b"\n", start) + 1


def _ready(descriptor: int, timeout_seconds: float) -> bool:
    """Whether a pipe takes something within this time; raises BrokenPipeError where nobody reads it."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    events = poll.poll(timeout_seconds * 1000)
    if events and events[0][1] & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
        raise BrokenPipeError(errno.EPIPE, "nobody reads it any more")
    return bool(events)


def _end_last_line(path: Path, descriptor: int) -> None:
    """A line that a crash cut off is taken away if it is one of ours, else ended."""
    size = os.fstat(descriptor).st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    cut = tail[tail.rfind(b"\n") + 1 :]
    if cut and OURS.startswith(cut[: len(OURS)]) and not _is_json(cut):
        os.ftruncate(descriptor, size - len(cut))
    elif cut:
        os.write(descriptor, b"\n")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
