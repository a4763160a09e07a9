"""Everywhere messages go, made from the configuration and exchanged when it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamgenre.daemon.latest_states import LatestStates
from streamgenre.daemon.together import together
from streamgenre.messages import Stamped
from streamgenre.publish import home_assistant
from streamgenre.publish.commands import CommandHandler
from streamgenre.publish.dispatcher import Dispatcher
from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.history import HistoryPublisher
from streamgenre.publish.history_path import default_history_path
from streamgenre.publish.json_lines import JsonLinesPublisher
from streamgenre.publish.live_feed import LiveFeed
from streamgenre.publish.metrics import MetricsPublisher
from streamgenre.publish.mqtt_publisher import MqttPublisher
from streamgenre.publish.node_metrics import NodeProbes
from streamgenre.publish.offers import Offer
from streamgenre.publish.outbox import Outbox
from streamgenre.publish.payload import Payload
from streamgenre.publish.publisher import Publisher, SourceIdentity
from streamgenre.publish.web import WebServer
from streamgenre.settings import Settings
from streamgenre.version import __version__

if TYPE_CHECKING:
    from streamgenre.publish.dashboard import NodeDashboard

OUTBOX_FILE = "outbox.sqlite"
HEARTBEAT_SECONDS = 30.0
"""Of the checkpoints where no broker asks for another."""
DISPATCH_SECONDS = 1.0
FAREWELL_SECONDS = 1.5
REPLACE_SECONDS = 1.0
EXCHANGE_SECONDS = 1.5
"""What does not end within it is left behind, and ends when it can."""
WEB_SECONDS = 0.5
CLOSE_SECONDS = 0.5


class Publishing:
    """Started before the first source and stopped after the last."""

    def __init__(
        self,
        settings: Settings,
        sources: Sequence[SourceIdentity],
        commands: CommandHandler,
        dashboard: NodeDashboard | None = None,
        *,
        state_folder: Path | None = None,
    ) -> None:
        """`state_folder`: where the outbox lies; None: beside the history, where that is not said.

        Raises ConfigurationError for what cannot be used.
        """
        self._dashboard = dashboard
        if dashboard:
            dashboard.replace_sources(sources)
        self._settings = settings
        self._sources = tuple(sources)
        self._commands = commands
        self.states = LatestStates()
        folder = state_folder or default_history_path().parent
        self.outbox = Outbox(folder / OUTBOX_FILE, settings.outbox, delivering=settings.mqtt is not None)
        self._fleet: Payload | None = None
        try:
            self._mqtt = self._new_mqtt()
        except BaseException:
            self.outbox.close()  # whoever tries again wants the file
            raise
        self.live = LiveFeed(settings.node, lambda: self._mqtt)
        self._history = self._new_history()
        self._json_lines = self._new_json_lines()
        self._metrics = MetricsPublisher(__version__, self._sources)
        self._web: WebServer | None = None
        self._refusal: str | None = None
        self._health: Callable[[], HealthReport] = lambda: HealthReport(None, ())
        self._dispatcher = Dispatcher(
            settings.node,
            self.outbox,
            self._publishers(),
            heartbeat_seconds=_heartbeat_seconds(settings),
            settings=settings.outbox,
        )

    def start(self, health: Callable[[], HealthReport]) -> None:
        """Begin; raises ConfigurationError where the address of the metrics cannot be had."""
        self._health = health
        self._metrics.watch(self._probes(), health)
        self._serve(self._settings)
        for publisher in self._publishers():
            publisher.start()
        self._dispatcher.start()

    def offer(self, source: str, stamped: Stamped) -> None:
        """Take the next message of a source."""
        self._dispatcher.offer(source, stamped)

    @property
    def room(self) -> int:
        """Events that may be taken without any being lost, whatever the disk does meanwhile."""
        return self._dispatcher.room

    def take(self, offer: Offer) -> bool:
        """Take the next message of a source of a fleet; whether it was taken."""
        return self._dispatcher.take(offer)

    def unfinished(self) -> dict[str, int]:
        """Return the sources left open of which nothing was heard since, with their epochs."""
        return self._dispatcher.unfinished()

    def fleet(self, status: Payload | None) -> None:
        """Tell the broker how the fleet is; None: there is none any more."""
        self._fleet = status
        if self._mqtt:
            self._mqtt.fleet(status)

    def wants_live(self, source: str) -> bool:
        """Whether anybody looks at the source."""
        return self._mqtt is not None and self._mqtt.wants_live(source)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with disk and broker now, for people."""
        parts = (self._history, self._json_lines, self._mqtt)
        found = (self.outbox.trouble, *(part.trouble for part in parts if part is not None))
        return tuple(str(trouble) for trouble in found if trouble is not None)

    def available(self, health: HealthReport) -> None:
        """Tell the broker which sources are heard."""
        if self._mqtt:
            for source in health.sources:
                self._mqtt.available(source.id, source.alive)

    def replace(self, settings: Settings, sources: Sequence[SourceIdentity]) -> None:
        """Publish by these settings from now on; what did not change is not touched.

        `node`, `metrics.listen` and `history.path` cannot be exchanged: they are as they were. Raises
        ConfigurationError, and nothing has changed, where the address of the metrics cannot be had.
        """
        self._serve(settings)
        for source in {one.id for one in self._sources} ^ {one.id for one in sources}:
            self.states.forget(source)
        before, self._settings, self._sources = self._settings, settings, tuple(sources)
        exchanges: list[tuple[Publisher | None, Publisher | None]] = []
        if settings.mqtt != before.mqtt:
            self.outbox.deliver(settings.mqtt is not None)
            old, self._mqtt = self._mqtt, self._new_mqtt()
            exchanges.append((old, self._mqtt))
        elif self._mqtt:
            self._mqtt.replace_sources(self._sources)
        if settings.history != before.history:
            old, self._history = self._history, self._new_history()
            exchanges.append((old, self._history))
        if settings.json_lines != before.json_lines:
            old, self._json_lines = self._json_lines, self._new_json_lines()
            exchanges.append((old, self._json_lines))
        self._metrics.replace_sources(self._sources)
        if self._dashboard:
            self._dashboard.replace_sources(self._sources)
        self._metrics.watch(self._probes(), self._health)
        self._dispatcher.replace_publishers(self._publishers(), _heartbeat_seconds(settings))
        together([partial(_exchange, old, new) for old, new in exchanges], EXCHANGE_SECONDS)

    def configuration_refused(self, error: str | None) -> None:
        """Tell why the newest configuration is not in force; None: it is."""
        self._refusal = error
        if self._mqtt:
            self._mqtt.configuration_refused(error)

    def reopen_lines(self) -> None:
        """The file of JSON lines may have been rotated."""
        if self._json_lines:
            self._json_lines.reopen()

    def stop(self) -> None:
        """Hand on what was offered, say that we go, and let go of everything."""
        self._dispatcher.stop(DISPATCH_SECONDS)
        farewells = [partial(publisher.stop, FAREWELL_SECONDS) for publisher in self._publishers()]
        together([*farewells, self._stop_serving], FAREWELL_SECONDS)
        together([self.outbox.close], CLOSE_SECONDS)

    def _serve(self, settings: Settings) -> None:
        """Have a server if one is wanted; raises ConfigurationError where its address cannot be had."""
        if settings.metrics is None:
            self._stop_serving()
        elif self._web is None:
            web = WebServer(self._metrics, self._health, settings.metrics)
            web.start()
            self._web = web

    def _stop_serving(self) -> None:
        if self._web:
            self._web.stop(WEB_SECONDS)
            self._web = None

    def _publishers(self) -> list[Publisher]:
        metrics = self._metrics if self._settings.metrics else None
        quick = (self.states, self.live, self._dashboard)
        parts = (*quick, self._history, self._json_lines, metrics, self._mqtt)
        return [part for part in parts if part is not None]

    def _new_mqtt(self) -> MqttPublisher | None:
        settings = self._settings
        if settings.mqtt is None:
            return None
        mqtt = MqttPublisher(
            settings.mqtt,
            settings.node,
            self._sources,
            self.outbox,
            self._commands,
            announcements=home_assistant,
        )
        if self._fleet is not None:
            mqtt.fleet(self._fleet)
        return mqtt

    def _new_history(self) -> HistoryPublisher | None:
        return HistoryPublisher(self._settings.history) if self._settings.history else None

    def _new_json_lines(self) -> JsonLinesPublisher | None:
        settings = self._settings.json_lines
        return JsonLinesPublisher(settings.path, settings) if settings else None

    def _probes(self) -> NodeProbes:
        """What the parts there are now can be asked."""
        mqtt, history, lines = self._mqtt, self._history, self._json_lines
        return NodeProbes(
            configuration_refusal=lambda: self._refusal,
            dispatcher_queue=lambda: self._dispatcher.queue_depth,
            events_lost=lambda: self.outbox.lost + self._dispatcher.lost,
            outbox_depth=lambda: self.outbox.depth,
            outbox_trouble=lambda: self.outbox.trouble,
            mqtt_connected=(lambda: mqtt.connected) if mqtt else None,
            history_depth=(lambda: history.depth) if history else None,
            history_lost=(lambda: history.lost) if history else None,
            history_trouble=(lambda: history.trouble) if history else None,
            json_lines_depth=(lambda: lines.depth) if lines else None,
            json_lines_states_dropped=(lambda: lines.states_dropped) if lines else None,
            json_lines_events_lost=(lambda: lines.events_lost) if lines else None,
            json_lines_trouble=(lambda: lines.trouble) if lines else None,
        )


def _exchange(old: Publisher | None, new: Publisher | None) -> None:
    """One after the other: they may want the same file, or the same name at the broker."""
    if old:
        old.stop(REPLACE_SECONDS)
    if new:
        new.start()


def _heartbeat_seconds(settings: Settings) -> float:
    return settings.mqtt.heartbeat_seconds if settings.mqtt else HEARTBEAT_SECONDS
