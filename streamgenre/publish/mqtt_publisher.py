"""Tells a broker: states and diagnostics as they are now, events as they were, whatever happens between."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from streamgenre.backoff import Backoff
from streamgenre.errors import ConfigurationError, StreamgenreError
from streamgenre.publish.broker_address import parse_broker_url
from streamgenre.publish.broker_trouble import BrokerRefusalError, BrokerTrouble, trouble_of_flapping
from streamgenre.publish.commands import CommandHandler
from streamgenre.publish.event_lane import EventLane, EventQueue
from streamgenre.publish.mqtt import MqttConnection
from streamgenre.publish.mqtt_inbox import MqttInbox
from streamgenre.publish.mqtt_message import Outgoing
from streamgenre.publish.mqtt_pending import Announcements, MqttPending
from streamgenre.publish.mqtt_session import Depths, MqttSession
from streamgenre.publish.mqtt_topics import Topics
from streamgenre.publish.mqtt_waker import Waker
from streamgenre.publish.payload import Payload
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.publish.trouble_log import TroubleLog
from streamgenre.settings import MqttSettings

PREFIX = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
STEADY_SECONDS = 10.0
"""A connection that held for so long was a good one: the next pause is a short one again."""
LONGEST_STOP_SECONDS = 1.8
FLAPPING_TIMES = 3
"""So many short ones in a row have a cause."""
CLOSING_SECONDS = 0.3
"""Kept of them for closing the connection."""


class EventSource(EventQueue, Depths, Protocol):
    """What is asked of the outbox."""

    on_change: Callable[[], None] | None


class MqttPublisher:
    """A publisher (see publisher.py) with one thread, "mqtt", that alone touches the connection.

    It starts and works while the broker is away. The broker's queue is the outbox: nothing waits
    in the library, and a connection that is lost takes nothing along.
    """

    def __init__(
        self,
        settings: MqttSettings,
        node: str,
        sources: Sequence[SourceIdentity],
        outbox: EventSource,
        commands: CommandHandler,
        *,
        announcements: Announcements | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Raises ConfigurationError for a URL or a prefix that makes no sense."""
        parse_broker_url(settings.url)
        if not PREFIX.fullmatch(settings.prefix):
            raise ConfigurationError(
                f"mqtt.prefix {settings.prefix!r}: levels of letters, digits, _ and -, with / between them"
            )
        self._settings = settings
        self._topics = Topics(settings.prefix, node)
        self._outbox = outbox
        self._pending = MqttPending(settings, self._topics, sources, announcements)
        self._lane = EventLane(outbox, self._topics, {source.id: source.model for source in sources})
        self._troubles = TroubleLog()
        self._inbox = MqttInbox(self._topics, self._pending, commands, self._troubles.note)
        self._client_id = f"streamgenre-{node}"
        self._short_lives = 0
        self._backoff = backoff or Backoff()
        self._waker = Waker()
        self._stopping = threading.Event()
        self._stop_at = 0.0
        self._connected = False
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        outbox.on_change = self._events_wait

    @property
    def connected(self) -> bool:
        """Whether the broker takes messages now."""
        return self._connected

    @property
    def trouble(self) -> BrokerTrouble | None:
        """Why it does not, or which topic it refuses; None: all is well, or nothing was tried yet."""
        return self._troubles.current or self._troubles.refused

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def publish(self, payload: Payload) -> None:
        """Take a state or diagnostics; events come from the outbox."""
        if self._pending.offer(payload, time.monotonic()):
            self._waker.wake()

    def available(self, source: str, online: bool) -> None:  # noqa: FBT001  # the one thing it tells
        """Tell whether a source is heard; offline until told."""
        if self._pending.available(source, online=online):
            self._waker.wake()

    def configuration_refused(self, error: str | None) -> None:
        """Tell why the newest configuration is not in force; None: it is."""
        self._pending.refused(error, time.monotonic())
        self._waker.wake()

    def fleet(self, payload: Payload | None) -> None:
        """Tell how the fleet is; the latest is retained, None removes it."""
        self._pending.fleet(payload)
        self._waker.wake()

    def live(self, source: str, payload: Payload) -> None:
        """Show what a source sounds like now, if anybody looks."""
        if self._pending.live(source, payload, time.monotonic()):
            self._waker.wake()

    def wants_live(self, source: str) -> bool:
        """Whether anybody looks at the source."""
        return self._pending.wants_live(source, time.monotonic())

    def replace_sources(self, sources: Sequence[SourceIdentity]) -> None:
        """The configuration was read again: remove what left it, tell of what came."""
        self._lane.name_models({source.id: source.model for source in sources})
        self._pending.replace_sources(sources)
        self._waker.wake()

    def stop(self, timeout_seconds: float) -> None:
        """Send what waits, say that we go, and end; a broker that hangs is left without a word."""
        seconds = min(timeout_seconds, LONGEST_STOP_SECONDS)
        self._stop_at = time.monotonic() + seconds - CLOSING_SECONDS
        self._stopping.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _events_wait(self) -> None:
        self._lane.look()
        self._waker.wake()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except BrokerRefusalError as refusal:
                self._away(self._explained(refusal.trouble))
            except StreamgenreError as error:
                self._away(BrokerTrouble("settings", str(error), "correct the [mqtt] settings"))
            except Exception as error:  # noqa: BLE001  # the thread must live on, whatever the library meets
                self._away(BrokerTrouble("broken", repr(error), "report this with the log"), error)
            self._stopping.wait(self._backoff.next_pause_seconds())

    def _explained(self, trouble: BrokerTrouble) -> BrokerTrouble:
        """A connection may be lost for any reason, but not several in a row after seconds."""
        self._short_lives = self._short_lives + 1 if trouble.kind == "lost" else 0
        if self._short_lives < FLAPPING_TIMES:
            return trouble
        return trouble_of_flapping(parse_broker_url(self._settings.url), self._client_id)

    def _away(self, trouble: BrokerTrouble, unforeseen: Exception | None = None) -> None:
        self._connected = False
        if not self._stopping.is_set():
            self._troubles.away(trouble, unforeseen=unforeseen)

    def _work(self, session: MqttSession) -> None:
        """Until the program stops; a connection that holds for a while forgets those that did not."""
        steady_at = time.monotonic() + STEADY_SECONDS
        while not self._stopping.is_set():
            session.step(steady_at)
            if time.monotonic() >= steady_at:
                steady_at = math.inf
                self._short_lives = 0
                self._backoff.reset()
                self._troubles.holds()

    def _serve(self) -> None:
        """Connect and work until the connection is lost (raises BrokerRefusalError) or the program stops."""
        will = Outgoing(self._topics.status, "offline", retain=True)
        connection = MqttConnection(self._settings, self._client_id, self._waker, will=will)
        said = False
        try:
            connection.open(self._stopping.is_set)
            session = MqttSession(
                connection, self._topics, self._pending, self._lane, self._inbox, self._troubles, self._outbox
            )
            session.begin()
            self._troubles.connected(connection.address)
            self._connected = True
            self._work(session)
            said = session.farewell(self._stop_at)
        finally:
            self._connected = False
            connection.close(gracefully=said)
