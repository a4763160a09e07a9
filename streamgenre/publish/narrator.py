"""One source as it is told: its payloads, and what would be told if the process ended now."""

from __future__ import annotations

from streamgenre.messages import Alarm, Message, SourceChange
from streamgenre.publish.offers import Offer
from streamgenre.publish.open_stretch import ALARMS, OpenStretch
from streamgenre.publish.payload import Payload, UnnumberedEncoder


class Narrator:
    """Takes every offer of its source once, in order."""

    def __init__(self, node: str, source: str) -> None:
        self._node = node
        self._source = source
        self._over_at_seconds = 0.0
        """Where the source said that it was over, if it did."""
        self._begin()
        self.just_opened = False
        """A stretch or an alarm began, or an alarm ended, since so_far() was last asked."""

    def tell(self, offer: Offer) -> Payload:
        """Return the payload, its number still open."""
        self._follow((offer.first or offer.stamped).message)
        was_open = self._stretch.open
        if offer.first is not None:
            self._encoder.hear(offer.first)
            self._stretch.hear(offer.first)
        payload = self._encoder.encode(offer.stamped)
        self._stretch.hear(offer.stamped)
        news = not was_open or isinstance(offer.stamped.message, Alarm)
        self.just_opened = self._stretch.open and (self.just_opened or news)
        return payload

    def so_far(self) -> Payload | None:
        """Return the segment of the stretch that is open, ended for a restart; None: none is open.

        Where alarms are active, it names them: see `open_stretch.if_ended`.
        """
        self.just_opened = False
        stamped = self._stretch.so_far()
        if stamped is None:
            return None
        alarms = self._encoder.active_alarms()
        return self._encoder.as_if_ended(stamped) | ({ALARMS: alarms} if alarms else {})

    def _begin(self) -> None:
        self._encoder = UnnumberedEncoder(self._node, self._source)
        self._stretch = OpenStretch()

    def _follow(self, message: Message) -> None:
        """What is over may be followed anew, from its beginning."""
        if message.audio_seconds < self._over_at_seconds:
            self._over_at_seconds = 0.0
            self._begin()
        if isinstance(message, SourceChange):
            over = message.state in ("ended", "failed")
            self._over_at_seconds = message.audio_seconds if over else 0.0
