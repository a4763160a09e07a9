"""Blocks of one size out of blocks of any size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from streamgenre.errors import SourceError
from streamgenre.messages import AudioBlock


def regrouped(blocks: Iterator[AudioBlock], block_samples: int) -> Iterator[AudioBlock]:
    """Cut and join to `block_samples` each; shorter only before a gap, an error or the end."""
    held: list[AudioBlock] = []
    failure: SourceError | None = None
    try:
        for block in blocks:
            if held and not _follows(held[-1], block):
                yield _joined(held)
                held = []
            held.append(block)
            if block.end_sample - held[0].first_sample >= block_samples:
                *whole, rest = _cut(_joined(held), block_samples)
                yield from whole
                held = [rest] if len(rest.samples) else []
    except SourceError as error:
        failure = error
    if held:
        yield _joined(held)
    if failure is not None:
        raise failure


def _cut(block: AudioBlock, block_samples: int) -> list[AudioBlock]:
    """Return whole pieces and, last, what is left: perhaps nothing."""
    starts = range(0, len(block.samples) + 1, block_samples)
    return [AudioBlock(block.samples[i : i + block_samples], block.first_sample + i) for i in starts]


def _follows(before: AudioBlock, block: AudioBlock) -> bool:
    return before.end_sample == block.first_sample and before.samples.shape[1] == block.samples.shape[1]


def _joined(blocks: list[AudioBlock]) -> AudioBlock:
    if len(blocks) == 1:
        return blocks[0]
    return AudioBlock(np.concatenate([block.samples for block in blocks]), blocks[0].first_sample)
