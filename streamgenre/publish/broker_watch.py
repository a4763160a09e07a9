"""Listens to every node of a broker, comes back when it was lost, and asks for the sound of one source."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from streamgenre.backoff import Backoff
from streamgenre.errors import StreamgenreError
from streamgenre.publish.broker_trouble import (
    BrokerRefusalError,
    BrokerTrouble,
    trouble_of_silence,
    trouble_of_topic,
)
from streamgenre.publish.broker_watch_topics import Overheard, overhear, watched_filters
from streamgenre.publish.mqtt import MqttConnection
from streamgenre.publish.mqtt_message import Answer, Incoming, Outgoing
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.mqtt_waker import Waker
from streamgenre.settings import MqttSettings

FLEET_LEAF = "/fleet"
LARGEST_BYTES = 2**22
"""Of a message; the accounts of a node with eighty sources have some hundred thousand."""
ANSWER_SECONDS = 10.0
STEP_SECONDS = 0.25
LEASE_SECONDS = 10
RENEW_SECONDS = 4.0
QUIET_SECONDS = 1.5
"""Sound that stops for so long was ended by another watcher: it is asked for again."""
STEADY_SECONDS = 10.0
END_SECONDS = 2.0

log = logging.getLogger(__name__)

Viewed = tuple[str, str]
"""Ids of a node and of one of its sources."""


class Watcher(Protocol):
    """Who wants to know; called by one thread at a time."""

    def heard(self, message: Overheard) -> None:
        """Take a message."""
        ...

    def connected(self, trouble: BrokerTrouble | None) -> None:
        """Take why there is no connection; None: there is one."""
        ...

    def viewed(self) -> Viewed | None:
        """Return the source whose sound is wanted now."""
        ...


@dataclass(slots=True)
class _Lease:
    """What we asked for; times are monotonic seconds."""

    source: Viewed
    asked_at: float
    heard_at: float | None = None


class BrokerWatch:
    """Opened once in the foreground, where a refusal can be told; then a thread, "watch", goes on."""

    def __init__(
        self,
        settings: MqttSettings,
        watcher: Watcher,
        node: str | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._settings = settings
        self._watcher = watcher
        self._filters = watched_filters(settings.prefix, node)
        self._backoff = backoff or Backoff(last_seconds=15.0)
        self._client_id = f"streamgenre-watch-{secrets.token_hex(4)}"
        self._waker = Waker()
        self._connection: MqttConnection | None = None
        self._lease: _Lease | None = None
        self._asking: dict[int, str] = {}
        self._may_not_ask: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def open(self) -> None:
        """Connect and subscribe; raises BrokerRefusalError or ConfigurationError."""
        connection = MqttConnection(
            self._settings, self._client_id, self._waker, largest_incoming_bytes=LARGEST_BYTES
        )
        try:
            connection.open(self._stopping.is_set)
            self._subscribe(connection)
        except BaseException:
            connection.close(gracefully=False)
            raise
        self._connection = connection

    def start(self) -> None:
        """Go on by itself."""
        self._thread.start()

    def stop(self) -> None:
        """End what was asked for, and the connection."""
        self._stopping.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)

    def _subscribe(self, connection: MqttConnection) -> None:
        """Ask for all topics; one that is refused is trouble, as the picture would lack it.

        Only that of fleets is not: rules that were written before there were any do not name it.
        """
        asked = {connection.subscribe(wanted): wanted for wanted in self._filters}
        give_up = time.monotonic() + ANSWER_SECONDS
        while asked:
            left = give_up - time.monotonic()
            if left <= 0 or self._stopping.is_set():
                raise BrokerRefusalError(trouble_of_silence(connection.address, ANSWER_SECONDS))
            for arrived in connection.step(left):
                if isinstance(arrived, Incoming):
                    self._hear(arrived)
                elif (topic := asked.pop(arrived.token, None)) and arrived.refusal is not None:
                    if topic.endswith(FLEET_LEAF):
                        log.info("the broker does not tell of fleets: %s is refused", topic)
                        continue
                    raise BrokerRefusalError(trouble_of_topic(arrived.refusal, topic))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._connection is None:
                    self.open()
                assert self._connection is not None
                self._watcher.connected(None)
                self._watch(self._connection)
            except StreamgenreError as error:
                self._away(_trouble(error))
            except Exception as error:
                log.exception("watching the broker failed; it is tried again")
                self._away(BrokerTrouble("broken", repr(error), "report this with the log"))
            finally:
                self._close()

    def _away(self, trouble: BrokerTrouble) -> None:
        if self._stopping.is_set():
            return
        self._watcher.connected(trouble)
        self._stopping.wait(self._backoff.next_pause_seconds())

    def _watch(self, connection: MqttConnection) -> None:
        """Hear until the program stops; raises BrokerRefusalError when the connection is lost."""
        steady_at = time.monotonic() + STEADY_SECONDS
        while not self._stopping.is_set():
            self._ask(connection, time.monotonic())
            for arrived in connection.step(STEP_SECONDS):
                if isinstance(arrived, Answer):
                    self._answered(arrived)
                else:
                    self._hear(arrived)
            if time.monotonic() >= steady_at:
                self._backoff.reset()
        self._end_lease(connection)

    def _hear(self, arrived: Incoming) -> None:
        found = overhear(self._settings.prefix, arrived.topic, arrived.payload, kept=arrived.retained)
        if found is None:
            return
        if self._lease and found.leaf == "live" and (found.node, found.source) == self._lease.source:
            self._lease.heard_at = time.monotonic()
        self._watcher.heard(found)

    def _ask(self, connection: MqttConnection, now: float) -> None:
        """Have a lease for the source in view, and for no other."""
        wanted = self._watcher.viewed()
        if self._lease and self._lease.source != wanted:
            self._end_lease(connection)
        if wanted is None or self._topic(wanted) in self._may_not_ask:
            return
        if self._lease is None or _is_due(self._lease, now):
            self._send(connection, wanted, LEASE_SECONDS)
            heard_at = self._lease.heard_at if self._lease else None
            self._lease = _Lease(wanted, now, heard_at)

    def _end_lease(self, connection: MqttConnection) -> None:
        if self._lease is not None:
            self._send(connection, self._lease.source, 0)
            self._lease = None

    def _send(self, connection: MqttConnection, source: Viewed, seconds: int) -> None:
        topic = self._topic(source)
        self._asking[connection.publish(Outgoing(topic, json.dumps({"live": seconds})))] = topic

    def _answered(self, answer: Answer) -> None:
        topic = self._asking.pop(answer.token, None)
        if topic and answer.refusal is not None and topic not in self._may_not_ask:
            self._may_not_ask.add(topic)
            trouble = trouble_of_topic(answer.refusal, topic)
            log.warning("no live sound: %s", trouble)

    def _topic(self, source: Viewed) -> str:
        return Topics(self._settings.prefix, source[0]).of(source[1], "set")

    def _close(self) -> None:
        connection, self._connection, self._lease = self._connection, None, None
        self._asking.clear()
        if connection is not None:
            connection.close(gracefully=self._stopping.is_set())


def _is_due(lease: _Lease, now: float) -> bool:
    since_asked = now - lease.asked_at
    stopped = lease.heard_at is not None and now - lease.heard_at > QUIET_SECONDS
    return since_asked >= RENEW_SECONDS or (stopped and since_asked > QUIET_SECONDS)


def _trouble(error: StreamgenreError) -> BrokerTrouble:
    if isinstance(error, BrokerRefusalError):
        return error.trouble
    return BrokerTrouble("settings", str(error), "correct the [mqtt] settings")
