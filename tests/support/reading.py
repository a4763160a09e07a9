"""Reading a source until it ends or breaks."""

from __future__ import annotations

import time
from collections.abc import Callable

from streamgenre.capture.source import AudioSource
from streamgenre.errors import SourceError
from streamgenre.messages import AudioBlock


def read_until_over(
    source: AudioSource, timeout_seconds: float = 5.0
) -> tuple[list[AudioBlock], EOFError | SourceError]:
    """Return every block, and what the source raised after the last."""
    blocks: list[AudioBlock] = []
    while True:
        try:
            block = source.read(timeout_seconds)
        except (EOFError, SourceError) as over:
            return blocks, over
        if block is not None:
            blocks.append(block)


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for what must come, however slow the machine."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.01)
