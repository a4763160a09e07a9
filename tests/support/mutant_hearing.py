"""The program that hears damaged files or streams one after another; a process of its own, for it may die.

`python -m tests.support.mutant_hearing files 0 200` hears the mutants of those seeds and writes a line of
JSON before and after each; `write 17 FOLDER` writes a mutant to look at.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamgenre.capture.decoders.stream_source import StreamSource
from streamgenre.capture.file_source import FileSource
from tests.support.hearing import Heard, UntrueError, hear
from tests.support.media_samples import media_samples
from tests.support.mutation import mutant
from tests.support.stream_mutants import stream_mutant
from tests.support.stream_server import stream_server

_DEATH = re.compile(r"decoder process.* ended", re.IGNORECASE)
"""Of a decoder process, as the source tells it."""


class Files:
    """Mutants as files of this machine."""

    def __init__(self, folder: Path) -> None:
        self._samples = media_samples()
        self._folder = folder

    def hear(self, seed: int) -> tuple[str, Heard]:
        made = mutant(seed, self._samples)
        path = self._folder / made.name
        path.write_bytes(made.content)
        try:
            return made.story, hear(lambda: FileSource(path, paced=False))
        finally:
            path.unlink()


class Streams:
    """Mutants as what a station sends."""

    def __init__(self) -> None:
        self._samples = media_samples()

    def hear(self, seed: int) -> tuple[str, Heard]:
        made = stream_mutant(seed, self._samples)
        with stream_server(made.answer) as address:
            heard = hear(lambda: StreamSource(f"{address}/{made.path}", paced=False))
        if _DEATH.search(heard.verdict):
            raise UntrueError(f"a decoder died: {heard.verdict}")
        return made.story, heard


def main(kind: str, first: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ways = Files(Path(folder)) if kind == "files" else Streams()
        for done in range(count + 1):
            if done in {0, count // 10, count // 2, count}:
                _say({"held": done, **held()})
            if done < count:
                _say({"at": first + done})
                _say({"seed": first + done, **_result(ways.hear, first + done)})


def held() -> dict[str, int]:
    """Return what this process and its decoders hold, having given back what it can."""
    _wait_for_what_is_closing()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return {
        "resident_bytes": _resident_bytes("self"),
        "decoders_bytes": sum(_resident_bytes(child) for child in _children()),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "decoders": len(_children()),
    }


_least_threads: list[int] = []


def _wait_for_what_is_closing() -> None:
    """Streams may be let go on threads of their own; a busy machine keeps those for a while."""
    give_up = time.monotonic() + 15
    while _least_threads and threading.active_count() > _least_threads[0] and time.monotonic() < give_up:
        time.sleep(0.05)
    _least_threads[:] = [min([threading.active_count(), *_least_threads])]


def _resident_bytes(process: str) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _children() -> list[str]:
    lists = Path("/proc/self/task").glob("*/children")
    return [child for children in lists for child in children.read_text().split()]


def _result(hear_seed: Callable[[int], tuple[str, Heard]], seed: int) -> dict[str, Any]:
    began = time.monotonic()
    try:
        story, heard = hear_seed(seed)
        told = {"verdict": heard.verdict, "audio_seconds": heard.seconds, "story": story, "wrong": None}
    except UntrueError as error:
        told = {"wrong": str(error)}
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the finding
        told = {"wrong": f"raised {type(error).__name__}: {error}"}
    return told | {"took_seconds": round(time.monotonic() - began, 3)}


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "write":
        made = mutant(int(sys.argv[2]), media_samples())
        Path(sys.argv[3], made.name).write_bytes(made.content)
        _say({"file": made.name, "story": made.story})
    else:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
