"""A source that plays a script: blocks, pauses, titles, failures."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from streamgenre.messages import AudioBlock, AudioFormat, Float32


@dataclass(frozen=True)
class Pause:
    """Nothing comes for a while."""

    seconds: float


@dataclass(frozen=True)
class Titled:
    """The title changes."""

    title: str | None


class FakeSource:
    """Gives what the script says, then EOFError."""

    live = True
    damage: str | None = None
    backlog_seconds = 0.0
    reopens = True

    def __init__(self, script: Iterable[Float32 | Pause | Titled | Exception], rate_hz: int = 8000) -> None:
        self.format = AudioFormat(rate_hz, 1)
        self.title: str | None = None
        self.closed = False
        self._script: Iterator[Float32 | Pause | Titled | Exception] = iter(script)
        self._at = 0
        self._quiet_until = 0.0

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if time.monotonic() < self._quiet_until:
            time.sleep(min(timeout_seconds, 0.02))
            return None
        match next(self._script, None):
            case None:
                raise EOFError
            case Exception() as error:
                raise error
            case Pause(seconds):
                self._quiet_until = time.monotonic() + seconds
                return None
            case Titled(title):
                self.title = title
                return None
            case samples:
                block = AudioBlock(samples, self._at)
                self._at += len(samples)
                return block

    def close(self) -> None:
        self.closed = True
