"""One live source's audio on its way into the pipeline, as much of it as there is time for."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from streamgenre.governor import LoadGovernor
from streamgenre.messages import Alarm, AudioBlock, Event, State
from streamgenre.pipeline import SourcePipeline
from streamgenre.settings import GovernorSettings

log = logging.getLogger(__name__)


class OverloadGuard:
    """Hands blocks to the pipeline; behind, as its governor says, at a longer hop or not at all."""

    def __init__(
        self, pipeline: SourcePipeline, hop_seconds: float, settings: GovernorSettings, name: str
    ) -> None:
        self._pipeline = pipeline
        self._governor = LoadGovernor(hop_seconds, settings)
        self._name = name
        self._since_seconds: float | None = None

    @property
    def hop_seconds(self) -> float:
        """In force."""
        return self._governor.hop_seconds

    def process(self, block: AudioBlock, backlog_seconds: float, now: float) -> Iterator[State | Event]:
        """Take the next block, how much audio waits behind it, and the time by a steady clock."""
        self._govern(backlog_seconds, now)
        yield from self._tell()
        yield from self._skipped(block) if self._governor.skipping else self._pipeline.process(block)

    def _govern(self, backlog_seconds: float, now: float) -> None:
        hop_seconds, skipping = self._governor.hop_seconds, self._governor.skipping
        self._governor.note(now, backlog_seconds)
        if self._governor.hop_seconds != hop_seconds:
            hop_seconds = self._governor.hop_seconds
            self._pipeline.set_hop(hop_seconds)
            log.warning("%s: %.1f s behind; the hop is %g s now", self._name, backlog_seconds, hop_seconds)
        if self._governor.skipping and not skipping:
            log.warning("%s: %.1f s behind; the oldest audio is skipped", self._name, backlog_seconds)

    def _skipped(self, block: AudioBlock) -> list[State | Event]:
        """Pass over a block; what was lost before it is still a loss."""
        lost = self._pipeline.process(AudioBlock(block.samples[:0], block.first_sample))
        return lost + self._pipeline.skip(len(block.samples), "overload")

    def _tell(self) -> Iterator[Alarm]:
        active = self._governor.overloaded
        if active == (self._since_seconds is not None):
            return
        now_seconds, level = self._pipeline.audio_seconds, self._pipeline.level
        since_seconds = now_seconds if self._since_seconds is None else self._since_seconds
        self._since_seconds = since_seconds if active else None
        yield Alarm(now_seconds, "overload", active, since_seconds, level.rms_dbfs if level else None)
