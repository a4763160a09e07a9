"""What is done over one connection to the broker."""

from __future__ import annotations

import time
from typing import Protocol

from streamgenre.publish.broker_trouble import BrokerRefusalError, trouble_of_silence, trouble_of_topic
from streamgenre.publish.event_lane import EventLane
from streamgenre.publish.mqtt import MqttConnection
from streamgenre.publish.mqtt_inbox import MqttInbox
from streamgenre.publish.mqtt_message import Answer, Outgoing
from streamgenre.publish.mqtt_pending import MqttPending
from streamgenre.publish.mqtt_refusals import MqttRefusals
from streamgenre.publish.mqtt_topics import HOME_ASSISTANT_STATUS, Topics
from streamgenre.publish.trouble_log import TroubleLog

UNANSWERED_SECONDS = 20.0
"""A broker that lets a publication wait longer hangs."""
LOOK_FOR_STRAYS_SECONDS = 10.0
"""After a connection what is retained of other sources arrives; later there is none."""
FAREWELL_SECONDS = 0.5
"""Kept of the time to stop for telling that we are offline."""
IDLE_SECONDS = 5.0


class Depths(Protocol):
    """What diagnostics tell of the outbox."""

    @property
    def depth(self) -> int:
        """Events that wait."""
        ...

    @property
    def lost(self) -> int:
        """Events dropped unsent."""
        ...


class MqttSession:
    """Used by one thread, until the connection is lost or the program stops."""

    def __init__(
        self,
        connection: MqttConnection,
        topics: Topics,
        pending: MqttPending,
        lane: EventLane,
        inbox: MqttInbox,
        troubles: TroubleLog,
        depths: Depths,
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._pending = pending
        self._lane = lane
        self._inbox = inbox
        self._troubles = troubles
        self._depths = depths
        self._unanswered: dict[int, tuple[Outgoing | str, float]] = {}
        """Each publication, or topic of a subscription, without an answer, and when it was sent."""
        self._refusals = MqttRefusals()
        self._strays = [topics.of("+", leaf) for leaf in ("state", "availability")]
        self._unsubscribe_at: float | None = None

    def begin(self) -> None:
        """Say that we are here, and listen."""
        now = time.monotonic()
        self._lane.disconnected()
        self._pending.connected()
        births = [HOME_ASSISTANT_STATUS] if self._pending.announces else []
        for topic in (self._topics.of("+", "set"), self._topics.status, *self._strays, *births):
            self._subscribe(topic, now)
        self._unsubscribe_at = now + LOOK_FOR_STRAYS_SECONDS

    def step(self, until: float) -> None:
        """Send what is due, wait for what comes, at most until then.

        Raises BrokerRefusalError: the connection is over.
        """
        now = time.monotonic()
        self._try_again(now)
        self._send(now)
        self._end_of_strays(now)
        wake_at = self._sleep(min(until, now + IDLE_SECONDS, self._refusals.due()))
        arrivals = self._connection.step(max(0.0, wake_at - now))
        self._pending.awake()
        for arrived in arrivals:
            now = time.monotonic()
            if isinstance(arrived, Answer):
                self._answered(arrived, now)
            else:
                self._inbox.take(arrived, now)
        self._check_answers(time.monotonic())

    def farewell(self, deadline: float) -> bool:
        """Send what still waits and say that we go; whether all was answered by the deadline (monotonic)."""
        while time.monotonic() < deadline - FAREWELL_SECONDS and not self._idle():
            self.step(deadline - FAREWELL_SECONDS)
        last = self._publish(Outgoing(self._topics.status, "offline", retain=True), time.monotonic())
        while time.monotonic() < deadline and last in self._unanswered:
            for arrived in self._connection.step(deadline - time.monotonic()):
                if isinstance(arrived, Answer):
                    self._answered(arrived, time.monotonic())
        return last not in self._unanswered

    def _idle(self) -> bool:
        now = time.monotonic()
        due = min(self._pending.next_due(), self._lane.next_look())
        return not self._unanswered and due > now and self._depths.depth == 0

    def _send(self, now: float) -> None:
        event = self._lane.next(now) if self._may_publish() else None
        if event is not None:
            self._lane.given(self._publish(event, now))
        while self._may_publish():
            message = self._pending.take(now) or self._pending.take_diagnostics(
                now, waiting=self._depths.depth, lost=self._depths.lost
            )
            if message is None:
                return
            self._publish(message, now)

    def _publish(self, message: Outgoing, now: float) -> int:
        token = self._connection.publish(message)
        if message.qos:
            self._unanswered[token] = (message, now)
        return token

    def _subscribe(self, topic: str, now: float) -> None:
        self._unanswered[self._connection.subscribe(topic)] = (topic, now)

    def _sleep(self, until: float) -> float:
        """Return when to wake; with too much unanswered, only for what comes."""
        return self._pending.sleep(min(until, self._lane.next_look())) if self._may_publish() else until

    def _may_publish(self) -> bool:
        return len(self._unanswered) < self._connection.most_unanswered

    def _answered(self, answer: Answer, now: float) -> None:
        sent, _ = self._unanswered.pop(answer.token, (None, 0.0))
        self._lane.answered(answer.token, answer.refusal, now)
        if sent is None:
            return
        topic = sent if isinstance(sent, str) else sent.topic
        if answer.refusal is None:
            self._refusals.taken(topic)
            self._troubles.topic_taken(topic)
        else:
            if topic not in self._strays:
                self._refusals.refused(sent, now)
            self._troubles.topic_refused(topic, trouble_of_topic(answer.refusal, topic))

    def _try_again(self, now: float) -> None:
        if now < self._refusals.due():
            return
        for sent in self._refusals.take():
            if isinstance(sent, str):
                self._subscribe(sent, now)
            else:
                self._pending.retain_again(sent)

    def _check_answers(self, now: float) -> None:
        oldest = min((sent for _, sent in self._unanswered.values()), default=now)
        if now - oldest > UNANSWERED_SECONDS:
            raise BrokerRefusalError(trouble_of_silence(self._connection.address, UNANSWERED_SECONDS))

    def _end_of_strays(self, now: float) -> None:
        if self._unsubscribe_at is not None and now >= self._unsubscribe_at:
            self._unsubscribe_at = None
            for topic in self._strays:
                self._connection.unsubscribe(topic)
