"""What is to be told to the broker next, events apart: latest wins, so nothing can pile up."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from streamgenre.publish.agenda import Agenda
from streamgenre.publish.live import LiveSlot
from streamgenre.publish.mqtt_message import Outgoing
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.node_diagnostics import NodeDiagnostics
from streamgenre.publish.payload import SCHEMA, Payload, to_json
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.publish.state_slot import StateSlot
from streamgenre.settings import MqttSettings

MOST_RESULTS = 100
"""Answers to commands that wait; the oldest go first."""


class Announcements(Protocol):
    """What Home Assistant is told; the module home_assistant."""

    def discovery(
        self, node: str, source: SourceIdentity, settings: MqttSettings, *, components: bool = True
    ) -> list[tuple[str, Payload | None]]:
        """Return topics and payloads; None removes."""
        ...

    def removal(self, node: str, source_id: str, settings: MqttSettings) -> list[tuple[str, None]]:
        """Return what is to be removed of a source that is gone."""
        ...


class MqttPending:
    """Filled by any thread, emptied by the one that has the connection. Times are monotonic seconds."""

    def __init__(
        self,
        settings: MqttSettings,
        topics: Topics,
        sources: Sequence[SourceIdentity],
        announcements: Announcements | None,
    ) -> None:
        self._lock = threading.Lock()
        self._settings = settings
        self._topics = topics
        self._announcements = announcements if settings.discovery != "off" else None
        self._sources = {source.id: source for source in sources}
        self._available = {source.id: False for source in sources}
        self._states = {source.id: StateSlot(settings.heartbeat_seconds) for source in sources}
        self._live = {source.id: LiveSlot() for source in sources}
        self._states_due, self._live_due = Agenda(), Agenda()
        self._fleet: Outgoing | None = None
        self._diagnostics = NodeDiagnostics(topics.node)
        self._retained: dict[str, Outgoing] = {}
        self._greets = False
        """The node is to be called online: last, so that what can be seen then is right."""
        self._asleep_until = -math.inf
        self._results: deque[Outgoing] = deque(maxlen=MOST_RESULTS)

    @property
    def announces(self) -> bool:
        """Whether Home Assistant is told of the sources."""
        return self._announcements is not None

    def offer(self, payload: Payload, now: float) -> bool:
        """Take the latest state or accounts of a source; whether the sender sleeps too long for it."""
        source = payload["source"]
        with self._lock:
            if source in self._sources and payload["type"] == "state":
                self._offer_state(source, payload, now)
            elif source in self._sources and payload["type"] == "diagnostics":
                self._diagnostics.offer(payload, now)
            return self._due() < self._asleep_until

    def refused(self, error: str | None, now: float) -> None:
        """Take why the newest configuration is not in force; None: it is."""
        with self._lock:
            self._diagnostics.refused(error, now)

    def live(self, source: str, payload: Payload, now: float) -> bool:
        """Take what is shown live, if anybody looks; whether the sender sleeps too long for it."""
        with self._lock:
            if source in self._live:
                self._live[source].offer(payload, now)
                self._live_due.put(source, self._live[source].due())
            return self._due() < self._asleep_until

    def lease(self, source: str, seconds: float, now: float) -> None:
        """Somebody looks at a source for so long."""
        with self._lock:
            if source in self._live:
                self._live[source].lease(seconds, now)
                self._live_due.put(source, self._live[source].due())

    def wants_live(self, source: str, now: float) -> bool:
        """Whether anybody looks at a source."""
        with self._lock:
            return source in self._live and self._live[source].wanted(now)

    def available(self, source: str, *, online: bool) -> bool:
        """Take whether a source is heard; whether that is news."""
        with self._lock:
            news = source in self._sources and self._available[source] != online
            if news:
                self._available[source] = online
                self._retain(self._availability(source))
            return news

    def fleet(self, payload: Payload | None) -> None:
        """Take how the fleet is, where the node is one; None: it is none any more."""
        with self._lock:
            text = "" if payload is None else to_json(payload)
            self._fleet = Outgoing(self._topics.fleet, text, qos=0, retain=True)
            self._retain(self._fleet)

    def result(self, message: Outgoing) -> None:
        """Take the answer to a command."""
        with self._lock:
            self._results.append(message)

    def knows(self, source: str) -> bool:
        """Whether the source is in the configuration."""
        return source in self._sources

    def replace_sources(self, sources: Sequence[SourceIdentity]) -> None:
        """The configuration has changed: tell of those that came, remove those that left."""
        with self._lock:
            before, self._sources = self._sources, {source.id: source for source in sources}
            for gone in before.keys() - self._sources.keys():
                del self._states[gone], self._live[gone], self._available[gone]
                self._states_due.put(gone, math.inf)
                self._live_due.put(gone, math.inf)
                self._diagnostics.remove(gone)
                self._remove(gone)
            for source in sources:
                self._states.setdefault(source.id, StateSlot(self._settings.heartbeat_seconds))
                self._live.setdefault(source.id, LiveSlot())
                self._available.setdefault(source.id, False)
                self._retained.pop(self._topics.of(source.id, "state"), None)  # it has come back
                if before.get(source.id) != source:
                    self._introduce(source)

    def remove(self, source: str) -> None:
        """Take back all that is retained of a source that is not ours any more."""
        with self._lock:
            self._remove(source)

    def announce(self) -> None:
        """Tell Home Assistant of every source."""
        with self._lock:
            for source in self._sources.values():
                self._announce(source)

    def retain_again(self, message: Outgoing) -> None:
        """The broker did not take it; what was to be told since goes before it."""
        with self._lock:
            self._retained.setdefault(message.topic, message)

    def say_online(self) -> None:
        """Tell that the node is there, after all that is to be told of its sources."""
        with self._lock:
            self._greets = True

    def connected(self) -> None:
        """All that is retained is told again: the broker may have lost it, or keep what is over."""
        with self._lock:
            self._greets = True
            for source in self._sources.values():
                self._introduce(source)
            for source, slot in self._states.items():
                slot.connected()
                self._states_due.put(source, slot.due())
            if self._fleet is not None:
                self._retain(self._fleet)
            self._diagnostics.connected()

    def next_due(self) -> float:
        """Return when something is to be sent; infinity: nothing waits."""
        with self._lock:
            return self._due()

    def sleep(self, until: float) -> float:
        """Return when to wake for something to send, at the latest then."""
        with self._lock:
            self._asleep_until = min(until, self._due())
            return self._asleep_until

    def awake(self) -> None:
        """Nobody needs to wake the sender now."""
        with self._lock:
            self._asleep_until = -math.inf

    def take(self, now: float) -> Outgoing | None:
        """Return what is due first; None: nothing."""
        with self._lock:
            state = self._take_state(now)
            if state is not None:
                return state
            if self._retained:
                return self._retained.pop(next(iter(self._retained)))
            if self._greets:
                self._greets = False
                return Outgoing(self._topics.status, "online", retain=True)
            return self._results.popleft() if self._results else self._take_live(now)

    def take_diagnostics(self, now: float, *, waiting: int, lost: int) -> Outgoing | None:
        """Return the accounts of all sources, and of the outbox, if they are due."""
        with self._lock:
            if now < self._diagnostics.due():
                return None
            text = to_json(self._diagnostics.take(now, waiting=waiting, lost=lost))
            return Outgoing(self._topics.diagnostics, text, qos=0, retain=True)

    def _due(self) -> float:
        if self._retained or self._greets or self._results:
            return -math.inf
        return min(self._states_due.first(), self._live_due.first(), self._diagnostics.due())

    def _offer_state(self, source: str, payload: Payload, now: float) -> None:
        slot = self._states[source]
        first = not slot.known
        slot.offer(payload, now)
        self._states_due.put(source, slot.due())
        if first and self._available[source]:
            self._retain(self._availability(source))

    def _take_state(self, now: float) -> Outgoing | None:
        while (source := self._states_due.take(now)) is not None:
            taken = self._states[source].take(now)
            if taken is not None:
                payload, stands_seconds = taken
                names = (
                    ("node", self._topics.node),
                    ("schema", str(SCHEMA)),
                    ("model", payload["model"]["name"]),
                )
                topic = self._topics.of(source, "state")
                return Outgoing(
                    topic, to_json(payload), retain=True, expires_seconds=stands_seconds, properties=names
                )
        return None

    def _take_live(self, now: float) -> Outgoing | None:
        while (source := self._live_due.take(now)) is not None:
            payload = self._live[source].take(now)
            if payload is not None:
                return Outgoing(self._topics.of(source, "live"), to_json(payload), qos=0)
        return None

    def _introduce(self, source: SourceIdentity) -> None:
        self._retain(self._availability(source.id))
        self._announce(source)

    def _announce(self, source: SourceIdentity) -> None:
        if self._announcements is not None:
            components = self._settings.discovery == "components"
            messages = self._announcements.discovery(
                self._topics.node, source, self._settings, components=components
            )
            for topic, payload in messages:
                self._retain(Outgoing(topic, "" if payload is None else to_json(payload), retain=True))

    def _remove(self, source: str) -> None:
        if self._announcements is not None:
            for topic, _ in self._announcements.removal(self._topics.node, source, self._settings):
                self._retain(Outgoing(topic, retain=True))
        for leaf in ("state", "availability"):
            self._retain(Outgoing(self._topics.of(source, leaf), retain=True))

    def _availability(self, source: str) -> Outgoing:
        """Online only with a state of this run: what the broker retains of another may be a day old."""
        online = self._available[source] and self._states[source].known
        return Outgoing(
            self._topics.of(source, "availability"), "online" if online else "offline", retain=True
        )

    def _retain(self, message: Outgoing) -> None:
        """The latest of a topic wins; the order is that of the topics' first."""
        self._retained[message.topic] = message
