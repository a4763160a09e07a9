"""From the states of one source to the stretches they make and the changes between them."""

from __future__ import annotations

from streamgenre.messages import Change, Segment, State, StatusAndGenre


class Timeline:
    """One stretch is open at a time. The first begins at 0.0 with the first state, which is no change.

    A source that needs three seconds to fill its first window thus begins with a stretch of `unknown`.
    A stretch carries the title of its last state.
    """

    def __init__(self) -> None:
        self._last: State | None = None
        self._start_seconds = 0.0
        self._weighted_confidence = 0.0
        self._weight_seconds = 0.0

    def process(self, state: State, *, at_end: bool = False) -> list[Segment | Change]:
        """Take the next state; where it differs, return the stretch that ended, then the change.

        `at_end`: nothing follows. If until then the source only filled its first window, that window
        covers it all, and the stretch becomes what is said of it.
        """
        last, now = self._last, state.audio_seconds
        if last is None or _same(last, state) or (at_end and last.reason == "filling"):
            self._pass_time(now)
            self._last = state
            return []
        segment = self._close(last, now, "change")
        change = Change(now, _side(last), _side(state), now - self._start_seconds)
        self._start_seconds, self._last = now, state
        self._weighted_confidence = self._weight_seconds = 0.0
        return [segment, change]

    def finish(self, audio_seconds: float, reason: str) -> Segment | None:
        """End the open stretch, if any state was seen; the next state begins anew from here."""
        if self._last is None:
            return None
        segment = self._close(self._last, audio_seconds, reason)
        self._last, self._start_seconds = None, audio_seconds
        self._weighted_confidence = self._weight_seconds = 0.0
        return segment

    def _close(self, last: State, now: float, reason: str) -> Segment:
        self._pass_time(now)
        mean = self._weighted_confidence / self._weight_seconds if self._weight_seconds else last.confidence
        return Segment(now, self._start_seconds, now, last.status, last.genre, mean, last.title, reason)

    def _pass_time(self, now: float) -> None:
        """Weigh the confidence of the last state by how long it stood."""
        if self._last is not None and self._last.confidence is not None:
            seconds = now - self._last.audio_seconds
            self._weighted_confidence += seconds * self._last.confidence
            self._weight_seconds += seconds


def _same(one: State, other: State) -> bool:
    return (one.status, one.genre) == (other.status, other.genre)


def _side(state: State) -> StatusAndGenre:
    return StatusAndGenre(state.status, state.genre)
