"""Reading a source until it ends or breaks."""

from __future__ import annotations

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
