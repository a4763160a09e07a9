"""Whether a source is heard: samples that come, and come as fast as time passes."""

from __future__ import annotations

from dataclasses import dataclass

from streamgenre.arrivals import ArrivalWatch
from streamgenre.capture.source import AudioSource
from streamgenre.messages import AudioBlock, SourceState

NO_SIGNAL_SECONDS = 2.0
DEAD_SECONDS = 5.0
"""A device or station that has given nothing for so long is opened again."""
LEAST_FLOW = 0.5
"""Share of real time below which samples only trickle; network jitter is over within seconds."""
ABSENT_SECONDS = 2.0
"""Longer between two looks, and it was we who did not listen."""
TRICKLE_SECONDS = 20.0
"""A device or station that has only trickled for so long is opened again, too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at a source has shown."""

    state: SourceState
    """online, stalled, or reconnecting: it is to be opened again."""
    reason: str | None = None


class Reception:
    """Told of every look at the source that is open. All times are seconds of one clock."""

    def __init__(self, now: float) -> None:
        self._arrivals = ArrivalWatch(now)
        self._heard_seconds = 0.0
        self._opened_at = now
        self._trickling_since: float | None = None
        self._looked_at = self._attentive_from = now
        self.audio_at = now
        """When the last samples came, or the watch began."""

    @property
    def upstream_gap_seconds(self) -> float:
        """Audio that device or server lost before us."""
        return self._arrivals.upstream_gap_seconds

    @property
    def waiting_from(self) -> float:
        """Since when we have been listening in vain."""
        return max(self.audio_at, self._attentive_from)

    def silent_seconds(self, now: float) -> float | None:
        """Seconds since the last sample of all; None when none has come yet."""
        return self._arrivals.last_audio_seconds_ago(now)

    def opened(self, now: float) -> None:
        """A source is open, perhaps again."""
        self._heard_seconds, self._trickling_since = 0.0, None
        self._looked_at = self._opened_at = now
        self._arrivals.opened(now)

    def resumed(self, now: float) -> None:
        """It is listened to again, after a time in which nobody wanted to: that was no loss."""
        self._arrivals = ArrivalWatch(now, self.upstream_gap_seconds)
        self.audio_at = self._looked_at = self._attentive_from = now

    def looked(
        self, source: AudioSource, block: AudioBlock | None, rate_hz: int, now: float
    ) -> Finding | None:
        """Note what a look at the source gave; None: too little to tell anything new."""
        if now - self._looked_at > ABSENT_SECONDS:
            self._attentive_from = now
        self._looked_at = now
        if block is not None:
            self.audio_at = now
            self._heard_seconds = block.end_sample / rate_hz
        received_seconds = self._heard_seconds + source.backlog_seconds
        self._arrivals.note(now, received_seconds, arrived=block is not None)
        if block is None:
            return self._missed(source, now)
        flow = self._arrivals.flow(now) if source.live else None
        if flow is not None and flow < LEAST_FLOW:
            return self._trickles(source, flow, now)
        self._trickling_since = None
        return Finding("online")

    def _missed(self, source: AudioSource, now: float) -> Finding | None:
        age_seconds = now - max(self.waiting_from, self._opened_at)
        if source.reopens and age_seconds >= DEAD_SECONDS:
            return Finding("reconnecting", f"no samples for {DEAD_SECONDS:g} s")
        if age_seconds < NO_SIGNAL_SECONDS:
            return None
        if not source.reopens:
            self._arrivals.forget_flow()  # a pause of who writes is none of the flow after it
        return Finding("stalled", f"no samples for {NO_SIGNAL_SECONDS:g} s")

    def _trickles(self, source: AudioSource, flow: float, now: float) -> Finding:
        if self._trickling_since is None:
            self._trickling_since = now
        if source.reopens and now - self._trickling_since >= TRICKLE_SECONDS:
            return Finding("reconnecting", f"only {flow:.0%} of the samples came for {TRICKLE_SECONDS:g} s")
        return Finding("stalled", f"only {flow:.0%} of the samples come")
