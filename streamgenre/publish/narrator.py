"""One source as it is told: its payloads, and what would be told if the process ended now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from streamgenre.messages import Alarm, Segment, SourceChange, Stamped, State
from streamgenre.publish.offers import Offer
from streamgenre.publish.open_stretch import ALARMS, OpenStretch, if_ended
from streamgenre.publish.payload import Payload, UnnumberedEncoder, rfc3339

START = "start_seconds"
"""Key of what is remembered with an event: where the stretch that is open began, or the next one will."""
SINCE = "since"
"""The same by the clock."""
OVER = "over_seconds"
"""Where the source said that it was over; 0.0: it did not."""


class Narrator:
    """Takes every offer of its source once, in order; in a fleet, of one epoch."""

    def __init__(self, node: str, source: str, epoch: int | None = None) -> None:
        self.epoch = epoch
        """Of who speaks for the source; None: not in a fleet."""
        self._node = node
        self._source = source
        self._over_at_seconds = 0.0
        """Where the source said that it was over, if it did."""
        self._begin()
        self.just_opened = False
        """A stretch or an alarm began, or an alarm ended, since so_far() was last asked."""
        self._last_seconds = 0.0
        self._last_time: datetime | None = None

    def resume(self, stored: Payload | None, standing: Mapping[str, Any]) -> None:
        """Go on where another process ended: with what it stored as open, and after its last event."""
        alarms = {alarm["kind"]: _time(alarm["since"]) for alarm in standing.get(ALARMS, ())}
        since = stored["start"] if stored else standing.get(SINCE)
        self._since = _time(since) if since else None
        self._encoder.resume(self._since, alarms)
        self._last_seconds, self._last_time = standing.get(START, 0.0), self._since
        self._stretch.begin_at(self._last_seconds)
        self._over_at_seconds = standing.get(OVER, 0.0)
        if stored is not None:
            self._stored = {key: value for key, value in stored.items() if key != ALARMS}
            self._stretch.resume(stored)
            self._last_seconds, self._last_time = stored["audio_seconds"], _time(stored["time"])

    @property
    def standing(self) -> dict[str, Any]:
        """Return what is to be remembered with an event, so that another process may go on after it."""
        return {
            START: self._stretch.start_seconds,
            SINCE: rfc3339(self._since) if self._since else None,
            OVER: self._over_at_seconds,
            ALARMS: self._encoder.active_alarms(),
        }

    def tell(self, offer: Offer) -> Payload:
        """Return the payload, its number still open."""
        self._follow(offer.first or offer.stamped)
        was_open = self._open
        if offer.first is not None:
            self._encoder.hear(offer.first)
            self._hear(offer.first)
        if self.epoch is not None and self._since and isinstance(offer.stamped.message, Segment):
            self._encoder.began(self._since)  # another process may have heard its states
        payload = self._encoder.encode(offer.stamped)
        self._hear(offer.stamped)
        news = not was_open or isinstance(offer.stamped.message, Alarm)
        self.just_opened = self._open and (self.just_opened or news)
        return payload

    def so_far(self) -> Payload | None:
        """Return the segment of the stretch that is open, ended for a restart; None: none is open.

        Where alarms are active, it names them: see `open_stretch.if_ended`.
        """
        self.just_opened = False
        stamped = self._stretch.so_far()
        segment = self._stored if stamped is None else self._encoder.as_if_ended(stamped)
        alarms = self._encoder.active_alarms()
        return segment if segment is None or not alarms else segment | {ALARMS: alarms}

    @property
    def leaves_open(self) -> bool:
        """Whether anything would have to be closed if nothing more were heard."""
        return self._open or bool(self._encoder.active_alarms())

    def severed(self, change: Stamped) -> list[Payload]:
        """Return what closes all that is open, as after a crash, and then this change of the source."""
        assert isinstance(change.message, SourceChange), "a source is severed by a change of it"
        time = max(change.time, self._last_time or change.time)
        message = replace(change.message, audio_seconds=self._last_seconds)
        told = self._encoder.encode(Stamped(message, time, None))
        so_far = self.so_far()
        if so_far is not None:
            return [*if_ended(so_far), told]
        _, *alarms_ended = if_ended(told | {ALARMS: self._encoder.active_alarms()})
        return [*alarms_ended, told]

    def _begin(self) -> None:
        self._encoder = UnnumberedEncoder(self._node, self._source, self.epoch)
        self._stretch = OpenStretch()
        self._since: datetime | None = None
        """When the stretch that is open began, or the next one will, at the earliest."""
        self._stored: Payload | None = None
        """Of a stretch that goes on, while nothing of it was heard anew."""

    @property
    def _open(self) -> bool:
        return self._stretch.open or self._stored is not None

    def _hear(self, stamped: Stamped) -> None:
        self._stretch.hear(stamped)
        self._last_seconds, self._last_time = stamped.message.audio_seconds, stamped.time
        if isinstance(stamped.message, State | Segment):
            self._stored = None
        if isinstance(stamped.message, Segment):
            self._since = stamped.time

    def _follow(self, stamped: Stamped) -> None:
        """What is over may be followed anew, from its beginning."""
        message = stamped.message
        if message.audio_seconds < self._over_at_seconds:
            self._over_at_seconds = 0.0
            self._begin()
        if isinstance(message, SourceChange):
            over = message.state in ("ended", "failed")
            self._over_at_seconds = message.audio_seconds if over else 0.0
        self._since = self._since or stamped.time


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
