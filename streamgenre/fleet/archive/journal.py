"""The journal of an archive: every finished file is a line at once, so that nothing is done twice or lost."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import cast

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.fleet.archive.task import Answer, ArchiveFile, Outcome
from streamgenre.publish.payload import Payload

JOURNAL = "journal.ndjson"
HEADER = b'{"journal": "streamgenre fleet classify", "schema": 1}\n'
SYNC_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Noted:
    """Where a file's row stands, and for what it holds."""

    file: ArchiveFile
    stamp: str
    outcome: Outcome
    offset: int
    length: int

    @property
    def failed(self) -> bool:
        return self.outcome != "heard"


class Journal:
    """One process writes it at a time. What was written is on the disk at most a second later."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.noted: dict[str, Noted] = {}
        """By path; the last line of a file counts."""
        self.skipped = 0
        """Lines that are none of ours: a damaged disk. Their files are done again."""
        self._descriptor = _opened(self.path)
        try:
            self._end = self._read()
        except BaseException:
            os.close(self._descriptor)
            raise
        self._lock = threading.Lock()
        self._unsynced = False
        self._failure: OSError | None = None
        self._closing = threading.Event()
        self._syncing = threading.Thread(target=self._sync_now_and_then, name="journal", daemon=True)
        self._syncing.start()

    def add(self, answer: Answer, stamp: str) -> None:
        """Note what came of a file. Raises StreamgenreError where the disk does not take it."""
        entry = {
            "path": answer.file.path,
            "size_bytes": answer.file.size_bytes,
            "mtime_ns": answer.file.mtime_ns,
            "stamp": stamp,
            "outcome": answer.outcome,
            "machine": answer.machine,
            "row": answer.row,
        }
        line = f"{json.dumps(entry, allow_nan=False)}\n".encode()
        with self._lock:
            self._write(line)
        self.noted[answer.file.path] = Noted(answer.file, stamp, answer.outcome, self._end, len(line))
        self._end += len(line)

    def row(self, noted: Noted) -> Payload:
        """Read a row again."""
        return json.loads(os.pread(self._descriptor, noted.length, noted.offset))["row"]

    def close(self) -> None:
        """Bring the rest to the disk, and let another run have the folder."""
        self._closing.set()
        self._syncing.join()
        self._sync()
        os.close(self._descriptor)
        if self._failure:
            raise self._refusal(self._failure)

    def _write(self, line: bytes) -> None:
        """Write it whole or not at all."""
        try:
            if self._failure:
                raise self._failure
            left = memoryview(line)
            while left:
                left = left[os.write(self._descriptor, left) :]
            self._unsynced = True
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> StreamgenreError:
        return StreamgenreError(
            f"cannot write to {self.path}: {error.strerror}\n"
            "What is finished so far is kept; see to the disk, then run the same again."
        )

    def _sync_now_and_then(self) -> None:
        while not self._closing.wait(SYNC_SECONDS):
            self._sync()

    def _sync(self) -> None:
        with self._lock:
            wanted, self._unsynced = self._unsynced, False
        try:
            if wanted:
                os.fsync(self._descriptor)
        except OSError as error:
            self._failure = error

    def _read(self) -> int:
        """Take in what is there; return where the next line goes."""
        end = 0
        with self.path.open("rb") as lines:
            first = lines.readline()
            if not first.endswith(b"\n") and HEADER.startswith(first):
                return self._begin()
            if first != HEADER:
                raise UsageError(f"{self.path} is no journal of `fleet classify`; name another folder")
            end = len(first)
            for offset, line in _placed(lines, end):
                self._take_in(offset, line)
                end = offset + len(line)
        # What a kill or a full disk left of a line would swallow the next one.
        os.ftruncate(self._descriptor, end)
        return end

    def _begin(self) -> int:
        try:
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, HEADER)
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._refusal(error) from error
        return len(HEADER)

    def _take_in(self, offset: int, line: bytes) -> None:
        try:
            entry = json.loads(line)
            file = ArchiveFile(entry["path"], entry["size_bytes"], entry["mtime_ns"])
            entry["row"]["path"]
            stamp, outcome = intern(entry["stamp"]), cast("Outcome", intern(entry["outcome"]))
            self.noted[file.path] = Noted(file, stamp, outcome, offset, len(line))
        except (ValueError, KeyError, TypeError):
            self.skipped += 1


def _placed(lines: Iterator[bytes], offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield each whole line with where it begins."""
    for line in lines:
        if line.endswith(b"\n"):
            yield offset, line
        offset += len(line)


def _opened(path: Path) -> int:
    """Open it for this process alone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise UsageError(
                f"{path.parent}: another `fleet classify` works into this folder; wait for its end, or name "
                "another folder"
            ) from error
        raise UsageError(f"cannot lock {path}: {error.strerror}") from error
    return descriptor
