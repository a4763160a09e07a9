"""The Ray actor around the supervisor, and what it does of its own accord."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, cast

import ray

from streamgenre.clock import SystemClock
from streamgenre.errors import ConfigurationError
from streamgenre.fleet.connection import NAMESPACE
from streamgenre.fleet.crossing import GroupReport, Orders
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.fleet_picture import status_of
from streamgenre.fleet.ledger import Deployment, Ledger
from streamgenre.fleet.news import News, NewsItem
from streamgenre.fleet.ray_announcing import Announcing, end_publisher
from streamgenre.fleet.ray_cluster import RayCluster
from streamgenre.fleet.ray_lifeline import end_with_the_cluster
from streamgenre.fleet.ray_names import SUPERVISOR, head_node, on_machine, own_machine
from streamgenre.fleet.ray_publisher import LEDGER_FILE
from streamgenre.fleet.state_lock import lock_state
from streamgenre.fleet.supervisor import Supervisor
from streamgenre.publish.outbox_lock import OutboxLock
from streamgenre.publish.payload import Payload
from streamgenre.version import __version__

TICK_SECONDS = 0.25
ANNOUNCE_SECONDS = 0.5
AGAIN_SECONDS = 1.0
"""Until a ledger that could not be used is tried again."""
STOP_SECONDS = 20.0
MOST_TOLD = 200
CONCURRENCY = 32

log = logging.getLogger(__name__)


class SupervisorActor:
    """Ray starts it anew when its process has ended; what it must know then is in its ledger."""

    def __init__(self, folder: str) -> None:
        from streamgenre.logs import configure_logs  # noqa: PLC0415  # in the actor's process alone

        configure_logs(debug=False)
        end_with_the_cluster()
        self._news = News()
        logging.getLogger("streamgenre").addHandler(self._news)
        self._folder = folder
        self._clock = SystemClock()
        self._machine = own_machine()
        self._cluster = RayCluster()
        self._stopping = False
        self._stopped = threading.Event()
        self._lock: OutboxLock | None = None
        self._supervisor: Supervisor | None = None
        self._refusal = ConfigurationError("the fleet's supervisor is being started")
        self._begin()
        self._announcing = Announcing(self._machine, folder, self._clock)
        for work in (self._tick, self._announce):
            threading.Thread(target=self._again_and_again, args=[work], daemon=True).start()

    def identity(self) -> tuple[str, str]:
        """Return which streamgenre this is, and where it keeps its state.

        Raises ConfigurationError where it cannot keep any.
        """
        self._there()
        return __version__, self._folder

    def deploy(self, deployment: Deployment, again: bool) -> None:  # noqa: FBT001  # Ray passes it so
        """Follow these stations from now on, and publish by these settings.

        `again`: only where nothing else is to be done, which may be newer.
        """
        if self._stopping:
            raise UnreachableError("the fleet is being ended")
        supervisor = self._there()
        if not (again and supervisor.deployment):
            supervisor.deploy(deployment)

    def report(self, report: GroupReport) -> Orders:
        """Take how a group fares; return what it is to do."""
        supervisor = self._there()
        self._cluster.watch(report.group, report.machine)
        return supervisor.report(report)

    def group_of(self, station: str) -> str | None:
        """Return the group that follows a station; None: none does just now."""
        return self._there().group_of(station)

    def status(self, most: int | None = None) -> Payload:
        """Return how the fleet is."""
        supervisor = self._there()
        deployment = supervisor.deployment
        node = deployment.settings.node if deployment else ""
        return status_of(
            supervisor.picture(),
            node,
            self._clock.utc_now(),
            machine=self._machine,
            publisher=self._announcing.publisher,
            most=most,
        )

    def news(self, after: int) -> list[NewsItem]:
        """Return what was said since."""
        return self._news.after(after)

    def stop(self) -> bool:
        """End every group in order, then the publisher; whether all of it did."""
        supervisor = self._there()
        self._stopping = True
        supervisor.stop()
        give_up = time.monotonic() + STOP_SECONDS
        while not supervisor.stopped and time.monotonic() < give_up:
            time.sleep(TICK_SECONDS)
        in_order = supervisor.stopped
        self._stopped.set()
        for group in supervisor.picture().groups:
            log.warning("group %s has not ended in order", group.id)
            self._cluster.end_group(group.id)
        return end_publisher() and in_order

    def _there(self) -> Supervisor:
        if self._supervisor is None:
            raise self._refusal
        return self._supervisor

    def _begin(self) -> None:
        """Begin with what the ledger holds; the disk may not be there just now."""
        try:
            self._lock = self._lock or lock_state(Path(self._folder))
            self._supervisor = Supervisor(Ledger(Path(self._folder) / LEDGER_FILE), self._cluster)
        except ConfigurationError as error:  # whoever asks is told
            if str(error) != str(self._refusal):
                log.error("%s", error)  # noqa: TRY400  # it is expected
            self._refusal = error

    def _again_and_again(self, work: Any) -> None:  # noqa: ANN401  # a method
        while not self._stopped.is_set():
            try:
                work()
            except Exception:
                log.exception("the supervisor goes on after an error")
                time.sleep(1.0)

    def _tick(self) -> None:
        if self._supervisor is None:
            self._stopped.wait(AGAIN_SECONDS)
            self._begin()
            return
        self._cluster.refresh()
        self._supervisor.tick()
        self._stopped.wait(TICK_SECONDS)

    def _announce(self) -> None:
        self._stopped.wait(ANNOUNCE_SECONDS)
        supervisor = self._supervisor
        if supervisor and supervisor.deployment and not self._stopped.is_set():
            self._announcing.tell(supervisor, supervisor.deployment, partial(self.status, MOST_TOLD))


def have_supervisor(folder: str) -> Any:  # noqa: ANN401  # an actor's handle
    """Start the supervisor on the head unless it runs there; return it."""
    options = {
        "name": SUPERVISOR,
        "namespace": NAMESPACE,
        "lifetime": "detached",
        "get_if_exists": True,
        "num_cpus": 0,
        "max_restarts": -1,
        "max_concurrency": CONCURRENCY,
        "scheduling_strategy": on_machine(head_node()),
    }
    return cast("Any", ray.remote(SupervisorActor)).options(**options).remote(folder)
