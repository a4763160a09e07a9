"""`--mqtt`: what a command in the foreground hears, told to a broker as the daemon would."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from streamgenre.clock import SystemClock
from streamgenre.health import source_trouble
from streamgenre.messages import Stamped
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.publish import home_assistant
from streamgenre.publish.commands import Command
from streamgenre.publish.dispatcher import Dispatcher
from streamgenre.publish.live_feed import LiveFeed
from streamgenre.publish.mqtt_publisher import MqttPublisher
from streamgenre.publish.outbox import Outbox
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.session import Session
from streamgenre.settings import MqttSettings

STOP_SECONDS = 2.0
LIVE_ROW_SECONDS = 0.25


class Broker:
    """One source at one broker, while the block runs. Events live in memory: they end with the command."""

    def __init__(self, settings: MqttSettings, node: str, source: str, name: str, model: Classifier) -> None:
        """Raises ConfigurationError for a URL that makes no sense; a broker that is away is waited for."""
        identity = SourceIdentity(source, name, model.identity.name, model.labels)
        self._source = source
        self._clock = SystemClock()
        self._session: Session | None = None
        self._outbox = Outbox(None)
        self._mqtt = MqttPublisher(
            settings, node, [identity], self._outbox, self._command, announcements=home_assistant
        )
        self._live = LiveFeed(node, lambda: self._mqtt)
        self._dispatcher = Dispatcher(
            node, self._outbox, [self._mqtt, self._live], heartbeat_seconds=settings.heartbeat_seconds
        )

    def __enter__(self) -> Self:
        self._mqtt.start()
        self._dispatcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dispatcher.stop(STOP_SECONDS)
        self._mqtt.stop(STOP_SECONDS)
        self._outbox.close()

    def follow(self, session: Session) -> None:
        """Name the session that commands are for."""
        self._session = session

    def __call__(self, stamped: Stamped) -> None:
        """Take the next message of the session."""
        self._dispatcher.offer(self._source, stamped)
        if self._session:
            trouble = source_trouble(self._session.vitals(), self._clock.monotonic())
            self._mqtt.available(self._source, online=trouble is None)

    def meter(self, pipeline: SourcePipeline) -> None:
        """Show the sound of this moment to whoever asked for it."""
        if self._live.due(self._source, self._clock.monotonic()):
            rows = pipeline.last_rows(LIVE_ROW_SECONDS)
            self._live.show(self._source, self._clock.utc_now(), pipeline.audio_seconds, pipeline.level, rows)

    def _command(self, source: str, command: Command) -> str | None:
        assert source == self._source, "there is no other"
        if self._session is None:
            return "not yet"
        if command.enabled is not None:
            self._session.enable(enabled=command.enabled)
        elif command.hop_seconds is not None:
            self._session.want_hop(command.hop_seconds)
        elif command.reset:
            self._session.forget()
        return None
