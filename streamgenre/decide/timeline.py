"""From the states of one source to the stretches they make and the changes between them."""

from __future__ import annotations

from streamgenre.messages import Change, Segment, State, StatusAndGenre
from streamgenre.stretch_tally import StretchTally


class Timeline:
    """One stretch is open at a time. The first begins at 0.0 with the first state, which is no change.

    A source that needs three seconds to fill its first window thus begins with a stretch of `unknown`.
    """

    def __init__(self) -> None:
        self._tally = StretchTally()
        self._start_seconds = 0.0

    def process(self, state: State, *, at_end: bool = False) -> list[Segment | Change]:
        """Take the next state; where it differs, return the stretch that ended, then the change.

        `at_end`: nothing follows. If until then the source only filled its first window, that window
        covers it all, and the stretch becomes what is said of it.
        """
        last, now = self._tally.last, state.audio_seconds
        if last is None or _same(last, state) or (at_end and last.reason == "filling"):
            self._tally.take(state)
            return []
        change = Change(now, _side(last), _side(state), now - self._start_seconds)
        segment = self._close(last, now, "change")
        self._tally.take(state)
        return [segment, change]

    def finish(self, audio_seconds: float, reason: str) -> Segment | None:
        """End the open stretch, if any state was seen; the next state begins anew from here."""
        if self._tally.last is None:
            return None
        return self._close(self._tally.last, audio_seconds, reason)

    def _close(self, last: State, now: float, reason: str) -> Segment:
        """End the stretch and begin another."""
        ended, start_seconds = self._tally, self._start_seconds
        self._tally, self._start_seconds = StretchTally(), now
        ended.pass_time(now)
        confidence, title = ended.mean_confidence, ended.title
        return Segment(now, start_seconds, now, last.status, last.genre, confidence, title, reason)


def _same(one: State, other: State) -> bool:
    return (one.status, one.genre) == (other.status, other.genre)


def _side(state: State) -> StatusAndGenre:
    return StatusAndGenre(state.status, state.genre)
