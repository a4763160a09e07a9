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
        self._wanted_seconds = hop_seconds
        self._governor = LoadGovernor(hop_seconds, settings)
        self._name = name
        self._since_seconds: float | None = None
        self._skipped_before = False
        """During this overload; said once."""

    @property
    def hop_seconds(self) -> float:
        """In force."""
        return self._governor.hop_seconds

    def process(self, block: AudioBlock, backlog_seconds: float, now: float) -> Iterator[State | Event]:
        """Take the next block, how much audio waits behind it, and the time by a steady clock."""
        self._govern(backlog_seconds, now)
        yield from self._tell()
        yield from self._skipped(block) if self._governor.skipping else self._pipeline.process(block)

    def want(self, hop_seconds: float) -> Iterator[State | Event]:
        """Take another hop to keep while there is time."""
        self._wanted_seconds = hop_seconds
        return self.reset()

    def reset(self) -> Iterator[State | Event]:
        """Note that no audio comes for now: there is no overload without it."""
        self._governor.want(self._wanted_seconds)
        self._pipeline.set_hop(self._wanted_seconds)
        yield from self._tell()

    def _govern(self, backlog_seconds: float, now: float) -> None:
        hop_seconds, skipping = self._governor.hop_seconds, self._governor.skipping
        self._governor.note(now, backlog_seconds)
        if self._governor.hop_seconds != hop_seconds:
            longer = self._governor.hop_seconds > hop_seconds
            self._pipeline.set_hop(self._governor.hop_seconds)
            words = (
                "%s: %.1f s behind; the hop is %g s now"
                if longer
                else "%s: %.1f s behind; the hop is %g s again"
            )
            log.log(
                logging.WARNING if longer else logging.INFO,
                words, self._name, backlog_seconds, self._governor.hop_seconds, extra={"source": self._name},
            )  # fmt: skip
        if self._governor.skipping and not skipping:
            level = logging.DEBUG if self._skipped_before else logging.WARNING
            words = "%s: %.1f s behind; the oldest audio is skipped"
            log.log(level, words, self._name, backlog_seconds, extra={"source": self._name})
            self._skipped_before = True

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
        self._skipped_before &= active
        yield Alarm(now_seconds, "overload", active, since_seconds, level.rms_dbfs if level else None)
