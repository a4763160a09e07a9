"""The stretch that has not ended yet: what is told of it if the process ends without a word."""

from __future__ import annotations

from streamgenre.messages import Segment, Stamped, State
from streamgenre.publish.payload import Payload
from streamgenre.stretch_tally import StretchTally

REASON = "restart"
ALARMS = "active_alarms"
"""Key of an open segment as it is stored: what was active, and since when."""


class OpenStretch:
    """Follows the states and segments of one source."""

    def __init__(self) -> None:
        self._last: Stamped | None = None
        self._tally = StretchTally()
        self._start_seconds = 0.0

    @property
    def open(self) -> bool:
        """Whether a state was heard since the last stretch ended."""
        return self._last is not None

    @property
    def start_seconds(self) -> float:
        """Where the stretch that is open began, or the next one will."""
        return self._start_seconds

    def begin_at(self, start_seconds: float) -> None:
        """Have the next stretch begin there."""
        self._start_seconds = start_seconds

    def resume(self, stored: Payload) -> None:
        """Go on with a stretch of which this was stored; it is open as soon as its next state is heard."""
        self._start_seconds = stored["start_seconds"]
        seconds = stored["end_seconds"] - stored["start_seconds"]
        self._tally.resume(seconds, stored["mean_confidence"], stored["title"])

    def hear(self, stamped: Stamped) -> None:
        """Take the next message of the source."""
        message = stamped.message
        if isinstance(message, State):
            self._tally.take(message)
            self._last = stamped
        elif isinstance(message, Segment):
            self._last, self._tally = None, StretchTally()
            self._start_seconds = message.end_seconds

    def so_far(self) -> Stamped | None:
        """Return the segment as if it had ended with the last state, at its time."""
        state = self._tally.last
        if self._last is None or state is None:
            return None
        segment = Segment(
            audio_seconds=state.audio_seconds,
            start_seconds=self._start_seconds,
            end_seconds=state.audio_seconds,
            status=state.status,
            genre=state.genre,
            mean_confidence=self._tally.mean_confidence,
            title=self._tally.title,
            reason=REASON,
        )
        return Stamped(segment, self._last.time, None)


def if_ended(stored: Payload) -> list[Payload]:
    """Return the events that close what a crash left open: the segment, and the end of each alarm."""
    segment = {key: value for key, value in stored.items() if key != ALARMS}
    common = {
        key: segment[key]
        for key in ("schema", "type", "node", "source", "seq", "epoch", "time", "audio_seconds")
        if key in segment
    }
    return [
        segment,
        *(
            common
            | {"type": "alarm", "kind": alarm["kind"], "active": False}
            | {"since": alarm["since"], "level_dbfs": None}
            for alarm in stored.get(ALARMS, ())
        ),
    ]
