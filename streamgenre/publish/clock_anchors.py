"""When, by the clock, a moment of audio was: audio time stands still while none comes."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from datetime import datetime, timedelta

_MOST = 1000
_JITTER = timedelta(seconds=0.5)


class ClockAnchors:
    """Told of every message of one source; remembers where clock and audio parted of late."""

    def __init__(self) -> None:
        self._anchors: deque[tuple[float, datetime]] = deque(maxlen=_MOST)
        """After which audio second the start of the audio lay where, by the clock."""
        self._newest_seconds = 0.0

    def note(self, audio_seconds: float, time: datetime) -> None:
        """Take a moment of the audio and the time at which it was heard."""
        start = time - timedelta(seconds=audio_seconds)
        if not self._anchors or abs(start - self._anchors[-1][1]) > _JITTER:
            self._anchors.append((self._newest_seconds, start))
        self._newest_seconds = max(self._newest_seconds, audio_seconds)

    def clock_at(self, audio_seconds: float) -> datetime:
        """Return when a moment of the audio was heard; something must have been noted."""
        index = bisect_left(self._anchors, audio_seconds, key=lambda anchor: anchor[0])
        return self._anchors[max(0, index - 1)][1] + timedelta(seconds=audio_seconds)
