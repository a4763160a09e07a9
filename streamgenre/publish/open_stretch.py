"""The stretch that has not ended yet: what is told of it if the process ends without a word."""

from __future__ import annotations

from streamgenre.messages import Segment, Stamped, State
from streamgenre.publish.payload import Payload

REASON = "restart"
ALARMS = "active_alarms"
"""Key of an open segment as it is stored: what was active, and since when."""


class OpenStretch:
    """Follows the states and segments of one source."""

    def __init__(self) -> None:
        self._last: Stamped | None = None
        self._state: State | None = None
        self._start_seconds = 0.0
        self._weighted_confidence = 0.0
        self._weight_seconds = 0.0

    @property
    def open(self) -> bool:
        """Whether a state was heard since the last stretch ended."""
        return self._state is not None

    def hear(self, stamped: Stamped) -> None:
        """Take the next message of the source."""
        message = stamped.message
        if isinstance(message, State):
            self._weigh(message)
            self._last, self._state = stamped, message
        elif isinstance(message, Segment):
            self._last = self._state = None
            self._start_seconds = message.end_seconds
            self._weighted_confidence = self._weight_seconds = 0.0

    def so_far(self) -> Stamped | None:
        """Return the segment as if it had ended with the last state, at its time."""
        if self._last is None or self._state is None:
            return None
        state = self._state
        mean = self._weighted_confidence / self._weight_seconds if self._weight_seconds else state.confidence
        segment = Segment(
            audio_seconds=state.audio_seconds,
            start_seconds=self._start_seconds,
            end_seconds=state.audio_seconds,
            status=state.status,
            genre=state.genre,
            mean_confidence=mean,
            title=state.title,
            reason=REASON,
        )
        return Stamped(segment, self._last.time, None)

    def _weigh(self, state: State) -> None:
        """Confidence counts by how long it stood."""
        last = self._state
        if last is not None and last.confidence is not None:
            seconds = state.audio_seconds - last.audio_seconds
            self._weighted_confidence += seconds * last.confidence
            self._weight_seconds += seconds


def if_ended(stored: Payload) -> list[Payload]:
    """Return the events that close what a crash left open: the segment, and the end of each alarm."""
    segment = {key: value for key, value in stored.items() if key != ALARMS}
    common = {
        key: segment[key]
        for key in ("schema", "type", "node", "source", "seq", "time", "audio_seconds")
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
