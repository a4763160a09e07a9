"""The composition root: from settings to running parts, started in order and stopped in reverse."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.registry import load_genre_model
from streamgenre.clock import SystemClock
from streamgenre.daemon.following import Following, is_recording
from streamgenre.daemon.publishing import Publishing
from streamgenre.daemon.roster import Roster
from streamgenre.daemon.warm_up import asking_for_time, warm_up
from streamgenre.errors import ModelError
from streamgenre.pipeline import SourcePipeline
from streamgenre.publish.commands import Command
from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.settings import Settings, SourceSettings

if TYPE_CHECKING:
    from streamgenre.publish.dashboard import NodeDashboard

ENGINE_SECONDS = 1.5
LIVE_ROW_SECONDS = 0.25
METER_SECONDS = 0.1

log = logging.getLogger(__name__)


class Node:
    """All that one process runs."""

    def __init__(
        self,
        settings: Settings,
        extend_timeout: Callable[[float], None],
        dashboard: NodeDashboard | None = None,
    ) -> None:
        """Load and warm up the models; raises ConfigurationError or ModelError for what cannot be used."""
        self._dashboard = dashboard
        self._settings = settings
        self._extend_timeout = extend_timeout
        self._clock = SystemClock()
        self._followings: tuple[Following, ...] = ()
        self._followings = self.prepare(settings)
        self._publishing = Publishing(settings, _identities(self._followings), self._command, dashboard)
        self._roster = Roster(
            self._publishing.offer, self._publishing.outbox, meter=self._show_live, clock=self._clock
        )

    @property
    def settings(self) -> Settings:
        """In force."""
        return self._settings

    def start(self) -> None:
        """Publish, then listen. Raises ConfigurationError where the metrics cannot be served."""
        self._publishing.start(self._roster.health)
        self._roster.start(self._followings)

    def stop(self) -> None:
        """Stop listening, then publishing what was heard; takes less than five seconds."""
        self._roster.stop(ENGINE_SECONDS)
        self._publishing.stop()

    def tick(self) -> HealthReport:
        """Do what is due several times a second; return how things are."""
        self._roster.tick()
        health = self._roster.health()
        self._publishing.available(health)
        return health

    def prepare(self, settings: Settings) -> tuple[Following, ...]:
        """Load and warm up what other settings need; raises ModelError for a model that is refused.

        Nothing changes by it, and any thread may wait for it, minutes where kernels are compiled.
        """
        in_use = [one.model for one in self._followings if isinstance(one.model, OnnxModel)]
        with asking_for_time(self._extend_timeout):
            models = {name: _in_use(model, in_use) for name, model in _load(settings.sources).items()}
            warm_up({id(model): model for model in models.values() if model not in in_use}.values())
            return tuple(
                Following(source, models[source.model], is_recording(source.source))
                for source in settings.sources
            )

    def replace(self, settings: Settings, followings: tuple[Following, ...]) -> bool:
        """Go on by other settings, which were prepared; whether a model has changed.

        Raises ConfigurationError, and nothing has changed, where the address of the metrics cannot be had.
        What needs a restart stays as it is: see `config.Changes`.
        """
        self._publishing.replace(settings, _identities(followings))
        before = {following.settings.id: following.model for following in self._followings}
        self._settings, self._followings = settings, followings
        self._roster.replace(followings)
        return any(before.get(one.settings.id, one.model) is not one.model for one in followings)

    def tell_refusal(self, reason: str | None) -> None:
        """Publish why the newest configuration is not in force; None: it is."""
        self._publishing.configuration_refused(reason)

    def reopen_lines(self) -> None:
        """The file of JSON lines may have been rotated."""
        self._publishing.reopen_lines()

    @property
    def classified(self) -> bool:
        """Whether any window was ever classified."""
        return self._publishing.states.classified

    @property
    def all_explained(self) -> bool:
        """Whether every source is in a state that says why it is not heard."""
        return self._roster.all_explained()

    @property
    def finished(self) -> bool:
        """Whether there were only files, and all have ended."""
        return self._roster.all_files_over()

    def status(self, health: HealthReport) -> str:
        """Say in a line how the sources are."""
        names = [(source.id, source.shown_as) for source in self._settings.sources]
        return self._publishing.states.line(names, health, self._roster.lag_seconds())

    def _command(self, source: str, command: Command) -> str | None:
        return self._roster.command(source, command)

    def _show_live(self, source: str, pipeline: SourcePipeline) -> None:
        live = self._publishing.live
        if live.due(source, self._clock.monotonic()):
            rows = pipeline.last_rows(LIVE_ROW_SECONDS)
            live.show(source, self._clock.utc_now(), pipeline.audio_seconds, pipeline.level, rows)
        level = pipeline.level if self._dashboard and self._dashboard.wants_meter(source) else None
        if self._dashboard and level:
            self._dashboard.meter(source, level, pipeline.last_rows(METER_SECONDS))


def _identities(followings: Iterable[Following]) -> list[SourceIdentity]:
    return [
        SourceIdentity(one.settings.id, one.settings.shown_as, one.model.identity.name, one.model.labels)
        for one in followings
    ]


def _load(sources: Iterable[SourceSettings]) -> dict[str, OnnxModel]:
    models: dict[str, OnnxModel] = {}
    for source in sources:
        if source.model not in models:
            try:
                models[source.model] = load_genre_model(source.model)
            except ModelError as error:
                raise ModelError(f"source {source.id}: {error}") from error
    return models


def _in_use(model: OnnxModel, in_use: Iterable[OnnxModel]) -> OnnxModel:
    """Return the one in use where it is the same, whenever it was loaded: its sources stay untouched."""
    return next((one for one in in_use if one.card == model.card), model)
