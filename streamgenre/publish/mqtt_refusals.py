"""What the broker did not let us tell or hear, tried again: its rules may change while we are connected."""

from __future__ import annotations

import math

from streamgenre.publish.mqtt_message import Outgoing

PAUSE_SECONDS = 60.0


class MqttRefusals:
    """Of one connection: topics to hear, and retained messages that nobody would tell again.

    States and events are told again by themselves. Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._refused: dict[str, Outgoing | str] = {}
        self._again_at = math.inf

    def refused(self, sent: Outgoing | str, now: float) -> None:
        """A publication or the topic of a subscription was refused."""
        if isinstance(sent, str):
            self._refused[sent] = sent
        elif sent.retain and sent.expires_seconds is None:
            self._refused[sent.topic] = sent
        if self._refused:
            self._again_at = min(self._again_at, now + PAUSE_SECONDS)

    def taken(self, topic: str) -> None:
        """The broker has changed its mind."""
        self._refused.pop(topic, None)

    def due(self) -> float:
        """Return when to try again; infinity: nothing was refused."""
        return self._again_at

    def take(self) -> list[Outgoing | str]:
        """Return what is to be tried again."""
        found, self._refused, self._again_at = list(self._refused.values()), {}, math.inf
        return found
