"""What the publisher is to know: told by the supervisor's process again and again, until it does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import ray

from streamgenre.clock import Clock
from streamgenre.errors import StreamgenreError
from streamgenre.fleet.connection import NAMESPACE
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.ledger import Deployment
from streamgenre.fleet.ray_names import PUBLISHER, Line, NotThereError, ask, find, on_machine
from streamgenre.fleet.ray_publisher import PublisherActor
from streamgenre.fleet.supervisor import Supervisor
from streamgenre.publish.payload import Payload
from streamgenre.settings import SourceSettings

TELL_SECONDS = 5.0
ASK_SECONDS = 5.0
CONFIGURE_SECONDS = 20.0
"""Thousands of stations may have to be made known to the broker."""
TROUBLED_SECONDS = 5.0
"""What is wrong with the publisher for less is hardly worth a line."""
STOP_SECONDS = 10.0
CONCURRENCY = 32

log = logging.getLogger(__name__)


class Announcing:
    """Used by one thread; `publisher` may be read by any."""

    def __init__(self, machine: str, folder: str, clock: Clock) -> None:
        """`machine`: where this is; `folder`: where the fleet keeps its state."""
        self._machine = machine
        self._folder = folder
        self._clock = clock
        self._line = Line(PUBLISHER)
        self._configured: object = None
        self._told_at = float("-inf")
        self._troubled_since = clock.monotonic()
        self._told_trouble: str | None = None
        self.publisher: Payload = {"machine": machine, "up_seconds": 0.0, "trouble": None}
        """How it is."""

    def tell(self, supervisor: Supervisor, deployment: Deployment, status: Callable[[], Payload]) -> None:
        """Tell it what is due; where it is not there, have it started."""
        self._have_publisher()
        try:
            self._inform(supervisor, deployment, status)
        except UnreachableError as error:
            self._note({"up_seconds": 0.0, "trouble": str(error)})

    def _inform(self, supervisor: Supervisor, deployment: Deployment, status: Callable[[], Payload]) -> None:
        incarnation, fares = self._line.ask("fares", seconds=ASK_SECONDS)
        self._note(fares)
        if not incarnation:  # it says why
            return
        self._configure(incarnation, deployment, supervisor.stations)
        if losses := supervisor.losses():
            supervisor.settled(self._line.ask("interrupted", losses, seconds=ASK_SECONDS))
        now = self._clock.monotonic()
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            self._line.ask("tell", status(), seconds=ASK_SECONDS)

    def _note(self, fares: Payload) -> None:
        """Keep how the publisher is; a trouble that lasts is told in the log."""
        self.publisher = {"machine": self._machine, **fares}
        now, trouble = self._clock.monotonic(), fares["trouble"]
        if trouble is None:
            self._troubled_since = now
        if trouble is None and self._told_trouble:
            log.warning("the publisher is well again")
        if now - self._troubled_since >= TROUBLED_SECONDS and trouble != self._told_trouble:
            log.warning("publisher: %s", trouble)
            self._told_trouble = trouble
        elif trouble is None:
            self._told_trouble = None

    def _have_publisher(self) -> None:
        options = {
            "name": PUBLISHER,
            "namespace": NAMESPACE,
            "lifetime": "detached",
            "get_if_exists": True,
            "num_cpus": 0,
            "max_restarts": -1,
            "max_concurrency": CONCURRENCY,
            "scheduling_strategy": on_machine(ray.get_runtime_context().get_node_id()),
        }
        cast("Any", ray.remote(PublisherActor)).options(**options).remote(self._folder)

    def _configure(
        self, incarnation: str, deployment: Deployment, stations: tuple[SourceSettings, ...]
    ) -> None:
        wanted = incarnation, deployment.number, stations
        if wanted == self._configured:
            return
        try:
            waiting = self._line.ask("configure", deployment.settings, stations, seconds=CONFIGURE_SECONDS)
            if waiting:
                log.warning("%s will change with the next start of the fleet", ", ".join(waiting))
        except UnreachableError:
            raise
        except StreamgenreError as error:
            log.error("the publisher goes on as before: %s", error)  # noqa: TRY400  # it is expected
        self._configured = wanted


def end_publisher() -> bool:
    """End it; whether it did so in order."""
    try:
        ask(PUBLISHER, "stop", seconds=STOP_SECONDS)
    except NotThereError:
        return True
    except UnreachableError as error:
        log.warning("the publisher could not be stopped in order: %s", error)
        return False
    finally:
        with suppress(UnreachableError):
            ray.kill(find(PUBLISHER))
    return True
