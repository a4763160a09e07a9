"""Blocks that may wait, so that many short ones are worked on like one long one."""

from __future__ import annotations

import numpy as np

from streamgenre.messages import AudioBlock


class HeldBlocks:
    """Consecutive blocks of one width, in order."""

    def __init__(self) -> None:
        self._blocks: list[AudioBlock] = []

    @property
    def end_sample(self) -> int | None:
        """Absolute index one past the last sample held; None when nothing is."""
        return self._blocks[-1].end_sample if self._blocks else None

    def continued_by(self, block: AudioBlock) -> bool:
        """Whether the block is the next one: anything is, when nothing is held."""
        if not self._blocks:
            return True
        last = self._blocks[-1]
        same_width = last.samples.shape[1] == block.samples.shape[1]
        return last.end_sample == block.first_sample and same_width

    def add(self, block: AudioBlock) -> None:
        """Hold the next block; its samples must stay as they are."""
        self._blocks.append(block)

    def take(self) -> AudioBlock | None:
        """Give what is held as one block, and hold nothing."""
        blocks, self._blocks = self._blocks, []
        if len(blocks) < 2:
            return blocks[0] if blocks else None
        return AudioBlock(np.concatenate([block.samples for block in blocks]), blocks[0].first_sample)
