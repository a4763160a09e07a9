"""A group's messages on their way to the publisher: in order, and again until they are committed there."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping

from streamgenre.clock import Clock, SystemClock
from streamgenre.fleet.crossing import Parcel, Shown
from streamgenre.fleet.doors import Publisher, UnreachableError
from streamgenre.fleet.unreceipted import Booked, Key, Unreceipted
from streamgenre.messages import Stamped
from streamgenre.publish.health_report import SourceHealth
from streamgenre.publish.offers import Offer, Offers
from streamgenre.publish.payload import is_event

MOST_EVENTS = 100_000
"""Offered while the publisher takes none; then the newest are lost, counted and told."""
GATHER_SECONDS = 0.05
"""A segment, its change and the next state come together."""
PAUSE_SECONDS = 0.5
"""Between two parcels of states alone; an event does not wait for it."""
AFTER_FAILURE_SECONDS = 0.2
LOSSES_TOLD_SECONDS = 600.0
MOST_SHOWN = 32

log = logging.getLogger(__name__)


class Handover:
    """One thread, "handover", alone speaks to the publisher; any thread may call anything here."""

    def __init__(
        self,
        group: str,
        publisher: Publisher,
        health: Callable[[], tuple[tuple[SourceHealth, ...], Mapping[str, int]]],
        fenced: Callable[[Collection[Key]], None],
        clock: Clock | None = None,
    ) -> None:
        """`health` gives that of all stations that are followed, and their epochs.

        `fenced` is told what another group follows by now; it neither waits nor raises.
        """
        self._group = group
        self._publisher = publisher
        self._health = health
        self._fenced = fenced
        self._clock = clock or SystemClock()
        self._offers = Offers(MOST_EVENTS)
        self._unreceipted = Unreceipted()
        self._outstanding: dict[Key, int] = {}
        """Events that were offered and are not receipted."""
        self._shown: list[Shown] = []
        self._wanted: frozenset[str] = frozenset()
        self._trouble: str | None = None
        self._lost, self._lost_at = 0, float("-inf")
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="handover", daemon=True)

    @property
    def wanted(self) -> frozenset[str]:
        """Stations that somebody looks at."""
        return self._wanted

    @property
    def trouble(self) -> str | None:
        """Why nothing can be handed over now, or what was lost of late because nothing could."""
        told = self._clock.monotonic() - self._lost_at < LOSSES_TOLD_SECONDS
        return self._trouble or (_losses(self._lost) if told else None)

    @property
    def lost(self) -> int:
        """Events that will never be handed over."""
        return self._offers.refused

    def start(self) -> None:
        """Begin to hand over."""
        self._thread.start()

    def offer(self, station: str, epoch: int, stamped: Stamped) -> None:
        """Take a message of a station from its engine thread; never waits."""
        offer = Offer(_spelled(station, epoch), stamped, epoch=epoch)
        if not is_event(stamped.message):
            self._offers.add(offer)
            return
        with self._lock:
            if self._offers.add(offer):
                self._outstanding[station, epoch] = self._outstanding.get((station, epoch), 0) + 1
        self._hurry.set()

    def show(self, shown: Shown) -> None:
        """Take what a station sounds like now."""
        with self._lock:
            self._shown = [*self._shown, shown][-MOST_SHOWN:]

    def outstanding(self, station: str, epoch: int) -> bool:
        """Whether the publisher lacks an event of this station and epoch."""
        with self._lock:
            return (station, epoch) in self._outstanding

    def stop(self, timeout_seconds: float) -> None:
        """Hand over what was offered, for no longer than this."""
        self._offers.close()
        self._hurry.set()
        self._thread.join(timeout_seconds)
        if self._thread.is_alive():
            self._given_up = True
            with self._lock:
                left = sum(self._outstanding.values())
            log.error(
                "events not handed over before the end: %d; %s", left, self._trouble or "no receipt came"
            )

    def _run(self) -> None:
        while not (self._given_up or self._done):
            try:
                self._rest()
                self._turn()
            except Exception:
                log.exception("a parcel could not be handed over; it is tried again")
                time.sleep(PAUSE_SECONDS)

    @property
    def _done(self) -> bool:
        return self._offers.closed and not len(self._offers) and not len(self._unreceipted)

    def _rest(self) -> None:
        """Let what belongs together come together: an event waits a moment, states wait longer."""
        if not (self._offers.closed or self._has_more()):
            self._hurry.wait(PAUSE_SECONDS)
        self._hurry.clear()
        time.sleep(GATHER_SECONDS)

    def _has_more(self) -> bool:
        """Whether there is something to send that was there before."""
        taking = self._unreceipted.room > 0 and self._offers.events_wait()
        return taking or self._unreceipted.unsent

    def _turn(self) -> None:
        self._tell_losses()
        for offer in self._offers.take(self._unreceipted.room):
            self._unreceipted.add(*_read(offer), offer.stamped, offer.first)
        now = self._clock.monotonic()
        handed = self._unreceipted.to_send(now)
        with self._lock:
            shown, self._shown = self._shown, []
        health, epochs = self._health()
        parcel = Parcel(self._group, handed, health, tuple(shown), epochs)
        try:
            receipt = self._publisher.hand(parcel)
        except UnreachableError as error:
            self._fail(error)
            return
        self._recover()
        self._wanted = frozenset(receipt.wanted)
        self._settle(self._unreceipted.book(parcel, receipt, now))
        if handed and not receipt.committed:
            time.sleep(AFTER_FAILURE_SECONDS)  # it is not ready yet

    def _fail(self, error: UnreachableError) -> None:
        self._unreceipted.send_all_again()
        if self._trouble is None:
            log.warning("messages cannot be handed over and are kept: %s", error)
        self._trouble = str(error)
        time.sleep(AFTER_FAILURE_SECONDS)

    def _recover(self) -> None:
        if self._trouble is not None:
            log.warning("messages are handed over again")
            self._trouble = None

    def _settle(self, booked: Booked) -> None:
        with self._lock:
            for key in booked.settled:
                self._outstanding[key] -= 1
                if not self._outstanding[key]:
                    del self._outstanding[key]
        if booked.over:
            self._fenced(booked.over)

    def _tell_losses(self) -> None:
        if self.lost > self._lost:
            self._lost, self._lost_at = self.lost, self._clock.monotonic()
            log.error("%s", _losses(self._lost))


def _losses(count: int) -> str:
    return f"the publisher was away for too long: events lost: {count}"


def _spelled(station: str, epoch: int) -> str:
    return f"{epoch}/{station}"


def _read(offer: Offer) -> Key:
    epoch, _, station = offer.source.partition("/")
    return station, int(epoch)
