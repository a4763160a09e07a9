"""How the daemon lives: it starts, says that it is ready, obeys signals, feeds the watchdog, and ends."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from types import FrameType

from streamgenre.daemon.node import Node
from streamgenre.daemon.reload import ComingReload, Reload, prepare_reload
from streamgenre.errors import StreamgenreError
from streamgenre.publish.health_report import HealthReport
from streamgenre.sd_notify import Notifier
from streamgenre.settings import Settings

TICK_SECONDS = 0.25
STATUS_SECONDS = 2.0
READY_SECONDS = 20.0
"""After so long the reason why nothing was classified is stated, whatever it is."""
WATCHDOG_SHARE = 0.3
DEAD_SECONDS = 5.0
"""An engine that stays dead for so long ends the process, if nobody else did."""

Load = Callable[[], Settings]
Wishes = SimpleQueue[int]
"""Signals to be obeyed. Its put() is safe in a handler, which an Event is not."""

log = logging.getLogger(__name__)


class EngineDeadError(StreamgenreError):
    """The loop does not turn any more; only a new process can help."""

    exit_code = 1


class Life:
    """One run of the daemon, in the main thread."""

    def __init__(
        self,
        node: Node,
        load: Load,
        notifier: Notifier,
        configure: Callable[[Settings], None],
        wishes: Wishes | None = None,
    ) -> None:
        """`wishes`: signals that came before, or SIGHUPs that do while this is made; None: none did."""
        self._node = node
        self._load = load
        self._notifier = notifier
        self._configure = configure
        """Told of settings in force that concern the process as a whole: the log."""
        self._wishes = wishes or Wishes()
        self._reload_wished = False
        self._coming: ComingReload | None = None
        self._began_at = time.monotonic()
        self._ready = False
        self._fed_at = self._told_at = float("-inf")
        self._refusal = ""
        """Why the newest configuration is not in force."""
        self._dead_since: float | None = None

    def run(self) -> int | None:
        """Live until a signal ends it, which is returned, or all files have ended, which is None.

        Raises EngineDeadError when the engine is stuck.
        """
        with self._obeying():
            while self._coming or not self._node.finished:
                ending = self._wait()
                if ending is not None:
                    return ending
                self._tick()
                self._reload()
        return None

    def _wait(self) -> int | None:
        """Let a moment pass; return the signal that asks for the end, if one has come."""
        try:
            wish = self._wishes.get(timeout=TICK_SECONDS)
            while wish == signal.SIGHUP:
                self._reload_wished = True
                wish = self._wishes.get_nowait()
        except Empty:
            return None
        return wish

    def _tick(self) -> None:
        now = time.monotonic()
        health = self._node.tick()
        self._watch_engine(health, now)
        if not self._ready and self._may_be_called_ready(now):
            self._ready = True
            self._tell(health, now)
            self._notifier.ready()
        if now - self._told_at >= STATUS_SECONDS:
            self._tell(health, now)

    def _watch_engine(self, health: HealthReport, now: float) -> None:
        """Feed the watchdog while the engine lives; nobody may watch us but we ourselves."""
        if health.engine_trouble is None:
            self._dead_since = None
            self._feed_watchdog(now)
            return
        if self._dead_since is None:
            self._dead_since = now
            log.warning("the engine does not turn: %s", health.engine_trouble)
        if now - self._dead_since >= DEAD_SECONDS:
            raise EngineDeadError(
                f"the engine is stuck: {health.engine_trouble}; the process ends so that a new one may begin"
            )

    def _feed_watchdog(self, now: float) -> None:
        patience_seconds = self._notifier.watchdog_seconds
        if patience_seconds and now - self._fed_at >= patience_seconds * WATCHDOG_SHARE:
            self._fed_at = now
            self._notifier.watchdog()

    def _may_be_called_ready(self, now: float) -> bool:
        waited = now - self._began_at >= READY_SECONDS
        return waited or self._node.classified or self._node.all_explained

    def _tell(self, health: HealthReport, now: float) -> None:
        self._told_at = now
        status = self._node.status(health)
        coming = "; reading the configuration again" if self._coming else ""
        refusal = f"; new configuration refused: {self._refusal}" if self._refusal else ""
        self._notifier.status(status + coming + refusal)

    def _reload(self) -> None:
        """Begin what was wished for, or end what is under way: a wish meanwhile is for another one."""
        if self._coming is None:
            if self._reload_wished:
                self._begin_reload()
        elif self._coming.done:
            coming, self._coming = self._coming, None
            self._end_reload(coming)

    def _begin_reload(self) -> None:
        self._reload_wished = False
        if self._ready:
            self._notifier.reloading()
        self._node.reopen_lines()
        prepare = partial(prepare_reload, self._load, self._node.settings, self._node.prepare)
        self._coming = ComingReload(prepare)

    def _end_reload(self, coming: ComingReload) -> None:
        """Go on by the new configuration, or by the old one where the new one is bad."""
        try:
            self._replace(coming.result())
            self._refuse("")
        except StreamgenreError as error:
            self._refuse(" ".join(str(error).splitlines()))
        except Exception as error:
            log.exception("reading the configuration again has failed")
            self._refuse(f"internal error: {error!r}")
        self._tell(self._node.tick(), time.monotonic())
        if self._ready:
            self._notifier.ready()

    def _refuse(self, reason: str) -> None:
        self._refusal = reason
        self._node.tell_refusal(reason or None)
        if reason:
            log.error("the new configuration is refused, the old one stays in force: %s", reason)

    def _replace(self, reload: Reload) -> None:
        found = reload.found
        if found.restart_only:
            log.warning("%s will change with the next restart", ", ".join(found.restart_only))
        models_changed = self._node.replace(found.settings, reload.followings)
        if not found and not models_changed:
            log.info("the configuration is as it was")
            return
        self._configure(found.settings)
        log.info(
            "configuration read again: sources: %d added, %d removed, %d changed%s",
            len(found.added),
            len(found.removed),
            len(found.changed),
            "".join(f"; {part}" for part in (*found.parts, *(["other models"] if models_changed else []))),
        )

    @contextmanager
    def _obeying(self) -> Generator[None]:
        obeyed = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
        before = [(number, signal.signal(number, self._take)) for number in obeyed]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self._wishes.put(number)
