"""`listen` as a user starts it, in processes of its own, watched from outside (Linux's /proc)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streamgenre.bench.sounds import music
from streamgenre.errors import StreamgenreError

LISTEN = (sys.executable, "-m", "streamgenre.cli", "listen", "--json")
PCM_RATE_HZ = 16000
FEED_SECONDS = 0.1
_PIECE_SECONDS = 10.0
_ENDING_SECONDS = 10.0
_PROC = Path("/proc")
_KIB_A_MIB = 1024


class Listener:
    """A running `listen`: what it takes, with all that it started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def cpu_seconds(self) -> float:
        """CPU time so far."""
        return sum(_cpu_seconds(process) for process in _tree(self._process.pid))

    def pss_mib(self) -> float:
        """Memory, each page divided by how many share it."""
        return sum(_pss_kib(process) for process in _tree(self._process.pid)) / _KIB_A_MIB


class FedListener(Listener):
    """One that is fed 16-bit mono PCM through its standard input."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(process)
        self._sound = pcm(_PIECE_SECONDS)
        self._fed_bytes = 0

    def feed(self, seconds: float) -> None:
        """Write so much sound; waits while the listener has not taken what came before."""
        pipe = self._process.stdin
        assert pipe is not None
        for _ in range(round(seconds / FEED_SECONDS)):
            start = self._fed_bytes % len(self._sound)
            size = round(FEED_SECONDS * PCM_RATE_HZ) * 2
            try:
                pipe.write(self._sound[start : start + size])
            except BrokenPipeError as error:
                raise StreamgenreError(f"listen ended with exit code {self._process.wait()}") from error
            self._fed_bytes += size

    def feed_in_real_time(self, seconds: float) -> None:
        """Write as a sound card would deliver."""
        begin = time.monotonic()
        for block in range(1, round(seconds / FEED_SECONDS) + 1):
            time.sleep(max(0.0, begin + block * FEED_SECONDS - time.monotonic()))
            self.feed(FEED_SECONDS)


@contextmanager
def fed(*options: str) -> Generator[FedListener]:
    """Run `listen` on PCM; it is ended with the block."""
    with _running(*options, f"pcm:-?rate={PCM_RATE_HZ}&channels=1&format=s16le") as process:
        yield FedListener(process)


@contextmanager
def listening(*words: str, environment: Mapping[str, str] | None = None) -> Generator[Listener]:
    """Run `listen` on a source that needs no feeding; it is ended with the block."""
    with _running(*words, environment=environment) as process:
        yield Listener(process)


@contextmanager
def _running(*words: str, environment: Mapping[str, str] | None = None) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603  # ourselves
        [*LISTEN, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
    )
    reader = threading.Thread(target=_drain, args=[process], daemon=True)
    reader.start()
    try:
        yield process
    finally:
        _end(process)
        reader.join(_ENDING_SECONDS)


def pcm(seconds: float) -> bytes:
    """Music as 16-bit mono PCM at PCM_RATE_HZ."""
    return (music(seconds, PCM_RATE_HZ) * 32767).astype("<i2").tobytes()


def _drain(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    while process.stdout.read(1 << 16):
        pass


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.terminate()
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdin.close()


def _tree(process: int) -> list[int]:
    """A process and all that it started."""
    found = [process]
    for thread in (_PROC / str(process) / "task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the thread has ended meanwhile
            for child in (thread / "children").read_text().split():
                found += _tree(int(child))
    return found


def _cpu_seconds(process: int) -> float:
    """User and system time; proc(5): fields 14 and 15 of stat, after a name that may hold spaces."""
    fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss_kib(process: int) -> int:
    lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
