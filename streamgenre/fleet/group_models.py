"""What a group's stations need before they can be followed: their models, loaded beside its heartbeat."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.registry import load_genre_model
from streamgenre.clock import Clock
from streamgenre.daemon.following import Following
from streamgenre.daemon.warm_up import warm_up
from streamgenre.errors import ModelError
from streamgenre.fleet.crossing import Assignment

AGAIN_SECONDS = 30.0
"""Until a model that was refused is tried again: somebody may have installed it meanwhile."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Model:
    loading: Future[OnnxModel]
    refused_at: float | None = None
    """Monotonic seconds; None: it was not."""
    refusal: str | None = None
    """Holds until another try has succeeded."""


class GroupModels:
    """Called by one thread, the group's; loads on threads of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._models: dict[str, _Model] = {}
        self._known: dict[str, tuple[Assignment, Following]] = {}
        self._refusals: dict[str, str] = {}

    def ready(self, assignments: Collection[Assignment], enabled: Mapping[str, bool]) -> dict[str, Following]:
        """Return what can be followed now of these; the rest is being prepared.

        `enabled`: by station; what is not there yet is not known. A station that changes goes on as it is
        until its new model is there.
        """
        epochs = {one.station.id: one.epoch for one in assignments}
        self._known = {
            station: known for station, known in self._known.items() if epochs.get(station) == known[0].epoch
        }
        self._refusals = {}
        for one in assignments:
            if not self._is_known(one, enabled.get(one.station.id)):
                self._prepare(one, enabled.get(one.station.id))
        return {station: following for station, (_, following) in self._known.items()}

    def refusal(self, station: str) -> str | None:
        """Return why it cannot be followed for want of a model; None: it can, or nobody knows yet."""
        return None if station in self._known else self._refusals.get(station)

    def _is_known(self, assignment: Assignment, enabled: bool | None) -> bool:  # noqa: FBT001  # a value
        known = self._known.get(assignment.station.id)
        return known is not None and known[0] == assignment and known[1].settings.enabled == enabled

    def _prepare(self, assignment: Assignment, enabled: bool | None) -> None:  # noqa: FBT001  # a value
        station = assignment.station
        model = self._model(station.model)
        if model.refusal is not None:
            self._refusals[station.id] = model.refusal
        elif model.loading.done() and enabled is not None:
            following = Following(replace(station, enabled=enabled), model.loading.result())
            self._known[station.id] = assignment, following

    def _model(self, name: str) -> _Model:
        """Return how far it has come; what was refused is tried again from time to time."""
        model = self._models.get(name)
        if model is None:
            model = self._models[name] = _Model(_begin_loading(name))
        if model.loading.done():
            self._look(name, model)
        return model

    def _look(self, name: str, model: _Model) -> None:
        now, error = self._clock.monotonic(), model.loading.exception()
        if error is None:
            model.refusal = model.refused_at = None
        elif model.refused_at is None:
            if model.refusal is None:
                log.error("model %s cannot be used: %s", name, error)
            model.refused_at, model.refusal = now, str(error)
        elif now - model.refused_at >= AGAIN_SECONDS:
            model.refused_at, model.loading = None, _begin_loading(name)


def _begin_loading(name: str) -> Future[OnnxModel]:
    loading = Future[OnnxModel]()
    threading.Thread(target=_load, args=[name, loading], name="model", daemon=True).start()
    return loading


def _load(name: str, loading: Future[OnnxModel]) -> None:
    try:
        model = load_genre_model(name)
        warm_up([model])
        loading.set_result(model)
    except ModelError as error:
        loading.set_exception(error)
    except Exception as error:
        log.exception("model %s cannot be loaded", name)
        loading.set_exception(ModelError(f"{name}: internal error: {error!r}"))
