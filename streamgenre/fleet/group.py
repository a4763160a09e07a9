"""A group: one process that follows its stations with the ordinary engine for as long as its lease holds."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Collection
from dataclasses import replace

from streamgenre.clock import Clock, SystemClock
from streamgenre.daemon.following import Following
from streamgenre.daemon.roster import Roster
from streamgenre.errors import StreamgenreError
from streamgenre.fleet.crossing import Assignment, GroupIdentity, GroupReport, Orders, Shown, StationReport
from streamgenre.fleet.doors import Publisher, Superior
from streamgenre.fleet.group_load import GroupLoad
from streamgenre.fleet.group_models import GroupModels
from streamgenre.fleet.group_switches import GroupSwitches
from streamgenre.fleet.handover import Handover
from streamgenre.fleet.reporting import Answer, Reporting
from streamgenre.fleet.station_watch import StationWatch
from streamgenre.fleet.unreceipted import Key
from streamgenre.messages import SourceChange, Stamped
from streamgenre.pipeline import SourcePipeline
from streamgenre.publish.commands import Command
from streamgenre.publish.health_report import SourceHealth
from streamgenre.version import __version__

BEAT_SECONDS = 0.5
TURN_SECONDS = 0.1
"""How late it may be noticed that the lease has run out."""
ENGINE_SECONDS = 3.0
HANDOVER_SECONDS = 10.0
DEAD_SECONDS = 5.0
"""An engine that stays dead for so long ends the process, that a new one may begin."""
LIVE_ROW_SECONDS = 0.25
SHOWN_SECONDS = 0.25
LAPSED = "its group lost touch with the supervisor"
NO_ORDERS = Orders(0, 0.0, ())

log = logging.getLogger(__name__)


class EngineStuckError(StreamgenreError):
    """The group's engine does not turn any more."""


class Group:
    """Runs in the thread that calls run(); any thread may call the rest."""

    def __init__(
        self, identity: GroupIdentity, superior: Superior, publisher: Publisher, clock: Clock | None = None
    ) -> None:
        self._identity = identity
        self._clock = clock or SystemClock()
        self._incarnation = _new_incarnation()
        self._orders = NO_ORDERS
        self._leased_until = float("-inf")
        self._report_at = float("-inf")
        self._dead_since: float | None = None
        self._epochs: dict[str, int] = {}
        """Of every station that is followed, or has messages on their way."""
        self._fenced: set[Key] = set()
        self._refused: set[Key] = set()
        """Failures that were told."""
        self._followings: tuple[Following, ...] = ()
        self._shown_at: dict[str, float] = {}
        self._watch = StationWatch(self._clock)
        self._models = GroupModels(self._clock)
        self._switches = GroupSwitches(publisher, self._clock)
        self._handover = Handover(identity.id, publisher, self._health_and_epochs, self._fence, self._clock)
        self._roster = Roster(
            self._tell,
            None,
            meter=self._meter,
            clock=self._clock,
            open_source=self._watch.open,
            workers=1,
        )
        self._load = GroupLoad(self._clock, self._roster, self._watch)
        self._over = threading.Event()
        self._wake = threading.Event()
        self._reporting = Reporting(superior, self._wake.set)

    def run(self) -> None:
        """Work until the supervisor, or stop(), ends it; everything said is handed over then."""
        self._handover.start()
        self._roster.start(())
        self._reporting.start()
        try:
            while not self._over.is_set():
                self._turn()
                self._wake.wait(TURN_SECONDS)
                self._wake.clear()
        finally:
            self._over.set()
            self._roster.stop(ENGINE_SECONDS)
            self._handover.stop(HANDOVER_SECONDS)

    def stop(self) -> None:
        """End in order."""
        self._over.set()
        self._wake.set()

    def command(self, station: str, command: Command) -> str | None:
        """Do what was asked over MQTT; return what went wrong, or None."""
        is_ours = command.enabled is not None and self._switches.switch(station, enabled=command.enabled)
        error = self._roster.command(station, command)
        return None if is_ours else error

    def _turn(self) -> None:
        """Obey, as far as there are orders and the lease holds, and report. Nothing here waits."""
        now = self._clock.monotonic()
        if answer := self._reporting.answer():
            self._obey(answer, now)
        if self._orders.number and now >= self._leased_until:
            self._lapse()
        self._roster.tick()
        self._follow()
        if self._reporting.idle and now - self._report_at >= BEAT_SECONDS:
            self._report_at = now
            self._watch_engine(now)
            self._reporting.send(self._report(), now)

    def _obey(self, answer: Answer, now: float) -> None:
        """The lease counts from before the report, however late its answer comes: it may be over by then."""
        orders, leased_until = answer.orders, answer.sent_at + answer.orders.lease_seconds
        if answer.report.incarnation != self._incarnation or now >= leased_until:
            return
        self._leased_until = leased_until
        if orders.assignments is not None:
            self._orders = orders
            current = {(one.station.id, one.epoch) for one in orders.assignments}
            self._fenced &= current
            self._refused &= current
        if orders.stop:
            self._over.set()

    def _lapse(self) -> None:
        """Nobody may follow what another group may follow by now."""
        log.error("no word from the supervisor; stations that are let go of: %d", len(self._epochs))
        self._incarnation = _new_incarnation()
        self._orders = NO_ORDERS

    def _watch_engine(self, now: float) -> None:
        """Raise EngineStuckError where it does not turn any more: only a new process can help."""
        trouble = self._roster.health().engine_trouble
        if trouble is None:
            self._dead_since = None
            return
        self._dead_since = self._dead_since or now
        if now - self._dead_since >= DEAD_SECONDS:
            raise EngineStuckError(f"the engine is stuck: {trouble}")

    def _wanted(self) -> dict[str, Assignment]:
        return {
            one.station.id: one
            for one in self._orders.assignments or ()
            if (one.station.id, one.epoch) not in self._fenced
        }

    def _follow(self) -> None:
        """Bring what is followed closer to what is ordered; called again and again."""
        wanted = self._wanted()
        self._forget(wanted)
        mine = [one for one in wanted.values() if self._epochs.get(one.station.id, one.epoch) == one.epoch]
        ready = self._models.ready(mine, self._switches.known(mine))
        self._tell_refusals(mine)
        for station in ready:
            self._epochs[station] = wanted[station].epoch
        followings = tuple(ready.values())
        if followings != self._followings:
            self._followings = followings
            self._roster.replace(followings)

    def _tell_refusals(self, assignments: Collection[Assignment]) -> None:
        """A station whose model cannot be used has failed, and nobody else would say so."""
        for one in assignments:
            station, key = one.station.id, (one.station.id, one.epoch)
            refusal = self._models.refusal(station)
            if refusal and key not in self._refused:
                self._refused.add(key)
                self._epochs[station] = one.epoch
                stamped = Stamped(SourceChange(0.0, "failed", refusal), self._clock.utc_now(), None)
                self._handover.offer(station, one.epoch, stamped)

    def _forget(self, wanted: dict[str, Assignment]) -> None:
        """What has ended, and is handed over to the last event, may be another group's."""
        present = self._roster.present()
        for station, epoch in list(self._epochs.items()):
            kept = station in wanted and wanted[station].epoch == epoch
            if not kept and station not in present and not self._handover.outstanding(station, epoch):
                del self._epochs[station]
        self._watch.keep(wanted.keys() | self._epochs.keys())

    def _report(self) -> GroupReport:
        wanted = {station: one.epoch for station, one in self._wanted().items()}
        self._load.measure()
        health = {one.id: one for one in self._health()}
        return GroupReport(
            group=self._identity.id,
            machine=self._identity.machine,
            incarnation=self._incarnation,
            orders=self._orders.number,
            pid=os.getpid(),
            version=__version__,
            stations={
                station: self._station(station, epoch, health.get(station))
                for station, epoch in (wanted | self._epochs).items()
            },
            load=self._load.cores,
            lag_seconds=self._roster.lag_seconds(),
            trouble=self._handover.trouble,
        )

    def _station(self, station: str, epoch: int, health: SourceHealth | None) -> StationReport:
        seen = self._watch.seen(station)
        refusal = self._models.refusal(station)
        return StationReport(
            epoch=epoch,
            enabled=health.enabled if health else True,
            heard=health.alive if health else False,
            state="failed" if refusal else seen.state,
            reason=refusal or seen.reason,
            state_seconds=self._clock.monotonic() - seen.at,
            load=self._load.of(station),
            codec=seen.codec,
        )

    def _health_and_epochs(self) -> tuple[tuple[SourceHealth, ...], dict[str, int]]:
        """Called by the handover's thread."""
        epochs = self._epochs.copy()
        return tuple(one for one in self._health() if one.id in epochs), epochs

    def _health(self) -> tuple[SourceHealth, ...]:
        return self._roster.health().sources

    def _tell(self, station: str, stamped: Stamped) -> None:
        """Called by the engine's worker."""
        epoch = self._epochs.get(station)
        if epoch is None:
            return
        if isinstance(stamped.message, SourceChange):
            change = self._explained(station, stamped.message)
            self._watch.note(station, change)
            stamped = replace(stamped, message=change)
        self._handover.offer(station, epoch, stamped)

    def _explained(self, station: str, change: SourceChange) -> SourceChange:
        """A station that only changes hands has not ended."""
        if change.state != "ended" or change.reason != "stopped" or self._over.is_set():
            return change
        orders = self._orders
        reason = orders.leaving.get(station) if orders.number else LAPSED
        return replace(change, state="reconnecting", reason=reason) if reason else change

    def _fence(self, keys: Collection[Key]) -> None:
        """Called by the handover's thread."""
        for station, epoch in keys:
            if (station, epoch) not in self._fenced:
                log.warning("%s is followed elsewhere by now and is let go of", station)
                self._fenced.add((station, epoch))

    def _meter(self, station: str, pipeline: SourcePipeline) -> None:
        """Called by the engine's worker."""
        if station not in self._handover.wanted:
            return
        now = self._clock.monotonic()
        if now - self._shown_at.get(station, float("-inf")) >= SHOWN_SECONDS:
            self._shown_at[station] = now
            rows = pipeline.last_rows(LIVE_ROW_SECONDS)
            shown = Shown(station, self._clock.utc_now(), pipeline.audio_seconds, pipeline.level, rows)
            self._handover.show(shown)


def _new_incarnation() -> str:
    """Return a word that no other start shares."""
    return secrets.token_hex(4)
