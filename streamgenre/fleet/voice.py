"""The publisher of a fleet: to the world one daemon, however many groups hand their messages to it."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from streamgenre.clock import Clock, SystemClock
from streamgenre.config import changes
from streamgenre.daemon.publishing import Publishing
from streamgenre.daemon.switches import Switches
from streamgenre.fleet.crossing import Handed, Loss, Parcel, Receipt
from streamgenre.fleet.voice_door import Door, Grant
from streamgenre.fleet.voice_health import NOBODY, FleetHealth
from streamgenre.fleet.voice_identities import identities
from streamgenre.messages import SourceChange, SourceState, Stamped
from streamgenre.publish.chronicle import GRANT
from streamgenre.publish.commands import Command
from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.offers import Offer
from streamgenre.publish.payload import Payload, is_event
from streamgenre.settings import Settings, SourceSettings

TICK_SECONDS = 0.5
ORPHAN_SECONDS = 60.0
"""So long after the start a stretch left open is closed, whose station is neither configured nor heard."""
STOP_SECONDS = 1.0

PassOn = Callable[[str, Command], str | None]
"""Has the group that follows a station do what was asked; returns soon, with what went wrong or None."""

log = logging.getLogger(__name__)


def _nobody_to_tell(_station: str, _command: Command) -> str | None:
    return NOBODY


class Voice:
    """Any thread may call anything here. Nothing is taken before configure(), nothing told before start()."""

    def __init__(
        self,
        settings: Settings,
        state_folder: Path,
        command: PassOn = _nobody_to_tell,
        clock: Clock | None = None,
    ) -> None:
        """`state_folder`: where events wait for the broker."""
        self.publisher = secrets.token_hex(8)
        """Another one after each start."""
        self._settings = settings
        self._state_folder = state_folder
        self._pass_on = command
        self._clock = clock or SystemClock()
        self._stations: dict[str, SourceSettings] = {}
        self._publishing: Publishing | None = None
        self._switches: Switches | None = None
        self._status: Payload | None = None
        self._door = Door(self._committed, self._clock)
        self._health = FleetHealth(self._door.speaks, self._clock)
        self._lock = threading.Lock()
        self._configuring = threading.Lock()
        self._began_at: float | None = None
        self._orphans_closed = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    @property
    def up_seconds(self) -> float:
        """Since start()."""
        return 0.0 if self._began_at is None else self._clock.monotonic() - self._began_at

    @property
    def trouble(self) -> str | None:
        """What is wrong with the disk or the broker, for people; None: nothing."""
        return "; ".join(self._publishing.troubles) or None if self._publishing else None

    @property
    def events_waiting(self) -> int:
        """Events that the broker has not taken yet."""
        return self._publishing.outbox.depth if self._publishing else 0

    def configure(self, settings: Settings, stations: Sequence[SourceSettings]) -> tuple[str, ...]:
        """Publish these stations by these settings from now on; return the keys that wait for a restart.

        `settings.sources` says nothing here. Raises ConfigurationError or ModelError for what cannot be
        used, and nothing has changed.
        """
        with self._configuring:
            shown = identities(stations)
            found = changes(replace(self._settings, sources=()), replace(settings, sources=()))
            if self._publishing is not None and self._began_at is not None:
                self._publishing.replace(found.settings, shown)
                self._settings = found.settings
            else:
                self._settings = settings
                self._let_go()
                self._begin(Publishing(settings, shown, self._command, state_folder=self._state_folder))
            with self._lock:
                self._stations = {station.id: station for station in stations}
            return found.restart_only if self._began_at is not None else ()

    def start(self) -> None:
        """Begin to publish; raises ConfigurationError where the address of the metrics cannot be had.

        Then it has let go of its files, and may be configured again.
        """
        assert self._publishing is not None, "configure() comes first"
        try:
            self._publishing.start(self.health)
        except BaseException:
            self._let_go()
            raise
        self._began_at = self._clock.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Publish what was handed over, say that we go, and let go of everything."""
        self._stopping.set()
        if self._publishing is None or self._began_at is None:
            self._let_go()
            return
        self._thread.join(STOP_SECONDS)
        if self._status is not None:
            self._publishing.fleet(None)
        self._publishing.stop()

    def hand(self, parcel: Parcel) -> Receipt:
        """Take what a group hands over, as far as it is its turn and there is room; waits for nothing."""
        publishing = self._ready()
        if publishing is None:
            return Receipt(self.publisher, {})
        stations = {one.station for one in parcel.handed} | parcel.epochs.keys()
        stations |= {health.id for health in parcel.health}
        with self._lock:
            fenced = {one.station for one in parcel.handed if self._admit(publishing, one, parcel.group)}
            fenced |= {station for station, epoch in parcel.epochs.items() if self._door.over(station, epoch)}
            self._health.take(parcel)
            receipts = {station: self._door.receipt(station) for station in sorted(stations)}
        self._show(publishing, parcel)
        wanted = tuple(station for station in sorted(stations) if publishing.wants_live(station))
        committed = {station: receipt for station, receipt in receipts.items() if receipt is not None}
        return Receipt(self.publisher, committed, tuple(sorted(fenced)), wanted)

    def interrupted(self, losses: Sequence[Loss]) -> tuple[Loss, ...]:
        """Close what groups that are gone left open; return the losses that this is durably done for.

        The others are to be told again; a loss told twice, or of an epoch that is over, does nothing.
        """
        publishing = self._ready()
        if publishing is None:
            return ()
        with self._lock:
            for loss in losses:
                self._sever(publishing, loss, "reconnecting" if loss.station in self._stations else "ended")
        publishing.available(self.health())
        return tuple(loss for loss in losses if self._settled(loss))

    def tell(self, fleet_status: Payload) -> None:
        """Tell the broker how the fleet is; the latest is retained there."""
        self._status = fleet_status
        if self._publishing is not None:
            self._publishing.fleet(fleet_status)

    def enabled(self, station: SourceSettings) -> bool:
        """Whether it is to be heard: as was asked over MQTT, else as it is configured."""
        return self._switches.enabled(station) if self._switches is not None else station.enabled

    def switched_off(self, stations: Sequence[SourceSettings]) -> frozenset[str]:
        """Return which of them are not to be heard."""
        return frozenset(station.id for station in stations if not self.enabled(station))

    def health(self) -> HealthReport:
        """Return how all stations are."""
        with self._lock:
            return self._health.report(self._stations.values(), self.enabled)

    def _let_go(self) -> None:
        """Of what was configured and never started."""
        if self._publishing is not None:
            self._publishing.outbox.close()
            self._publishing = None

    def _begin(self, publishing: Publishing) -> None:
        if self._status is not None:
            publishing.fleet(self._status)
        self._switches = Switches(publishing.outbox)
        self._publishing = publishing

    def _ready(self) -> Publishing | None:
        """Return the publishing once it knows what is committed: before, anything might be told twice."""
        publishing = self._publishing
        return publishing if publishing is not None and publishing.outbox.opened else None

    def _committed(self, station: str) -> Grant | None:
        found = self._publishing.outbox.recall(station, GRANT) if self._publishing else None
        return None if found is None else Grant(found["epoch"], found["number"], found["void"])

    def _admit(self, publishing: Publishing, handed: Handed, group: str) -> bool:
        """Take the message if it may be; whether its epoch is over."""
        return self._door.admit(handed, group, partial(_let_in, publishing, handed)) == "fenced"

    def _sever(self, publishing: Publishing, loss: Loss, state: SourceState) -> None:
        number = self._door.sever(loss.station, loss.epoch)
        if number is not None:
            change = Stamped(SourceChange(0.0, state, loss.reason), self._clock.utc_now(), None)
            publishing.take(Offer(loss.station, change, None, loss.epoch, number, severs=True))

    def _settled(self, loss: Loss) -> bool:
        grant = self._committed(loss.station)
        return grant is not None and (grant.epoch, grant.void) >= (loss.epoch, True)

    def _show(self, publishing: Publishing, parcel: Parcel) -> None:
        for shown in parcel.shown:
            with self._lock:
                speaks = self._door.speaks(shown.station, parcel.group, parcel.epochs.get(shown.station))
            if speaks:
                publishing.live.show(shown.station, shown.time, shown.audio_seconds, shown.level, shown.rows)

    def _command(self, source: str, command: Command) -> str | None:
        """Do what was asked over MQTT; return what went wrong, or None."""
        station, switches = self._stations.get(source), self._switches
        if station is None or switches is None:
            return "there is no such station"
        if command.live_seconds is not None:
            return None  # whoever has the connection keeps it: see Receipt.wanted
        if command.enabled is None:
            return self._pass_on(source, command)
        switches.switch(station, enabled=command.enabled)
        error = self._pass_on(source, command)
        switches.write()
        return error and f"it is kept, but not done yet: {error}"

    def _run(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            try:
                self._tick()
            except Exception:
                log.exception("how the stations are could not be told; it is tried again")

    def _tick(self) -> None:
        publishing = self._ready()
        if publishing is None or self._switches is None:
            return
        publishing.available(self.health())
        self._switches.write_aside()
        if self.up_seconds >= ORPHAN_SECONDS and not self._orphans_closed:
            self._orphans_closed = True
            self._close_orphans(publishing)

    def _close_orphans(self, publishing: Publishing) -> None:
        """What stations left open that were removed while nobody was here to be told of it."""
        with self._lock:
            for station, epoch in publishing.unfinished().items():
                if station not in self._stations:
                    self._sever(publishing, Loss(station, epoch, "it has left the fleet"), "ended")


def _let_in(publishing: Publishing, handed: Handed) -> bool:
    if publishing.room <= 0 and is_event(handed.stamped.message):
        return False
    return publishing.take(Offer(handed.station, handed.stamped, handed.first, handed.epoch, handed.number))
