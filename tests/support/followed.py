"""A source followed in a process of its own, and what it has said so far."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.reading import wait_until

ROOT = Path(__file__).parents[2]
Line = dict[str, Any]


class Followed:
    """A running `session_probe`."""

    def __init__(self, text: str, environment: dict[str, str]) -> None:
        self.lines: list[Line] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.session_probe", text],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def states(self) -> list[str]:
        """What the source was said to be, in order."""
        return [line["source"] for line in self.lines if "source" in line]

    @property
    def reasons(self) -> list[str]:
        return [line["reason"] for line in self.lines if line.get("reason")]

    @property
    def audible(self) -> list[Line]:
        """Decisions at which there was sound."""
        return [line for line in self.lines if (line.get("level_dbfs") or -120.0) > -40.0]

    def wait_until(self, condition: Callable[[], object]) -> None:
        wait_until(lambda: condition() or self.process.poll() is not None, 60)
        assert condition(), (self.states, self.reasons, self.lines[-3:])

    def wait_until_heard(self) -> None:
        """Until there is sound that was not there before."""
        before = len(self.audible)
        self.wait_until(lambda: len(self.audible) > before + 1)

    def wait_for_state(self, state: str) -> None:
        self.wait_until(lambda: self.states and self.states[-1] == state)

    def end(self) -> Line:
        """Have it end in order; returns its last accounts."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        self._reader.join(10)
        return next(line for line in reversed(self.lines) if "accounts" in line)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))


@contextmanager
def following(text: str, environment: dict[str, str]) -> Iterator[Followed]:
    """Follow a source; the process ends with the block."""
    followed = Followed(text, environment)
    try:
        yield followed
    finally:
        followed.process.kill()
        followed.process.wait(10)
        for pipe in (followed.process.stdin, followed.process.stderr):
            if pipe is not None:
                pipe.close()
        followed._reader.join(10)
        assert followed.process.stdout is not None
        followed.process.stdout.close()


def balanced(accounts: Line) -> bool:
    """Whether every sample is booked."""
    skipped = sum(accounts["skipped"].values())
    return accounts["captured"] == accounts["analysed"] + skipped + accounts["lost"] + accounts["pending"]
