"""From the engine to the publishers, in order, through the outbox, without the engine ever waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from streamgenre.messages import Stamped
from streamgenre.publish.backlog import Backlog, Told
from streamgenre.publish.chronicle import Chronicle, grant
from streamgenre.publish.offers import Offer, Offers
from streamgenre.publish.outbox import Outbox, OutboxUnavailableError
from streamgenre.publish.outbox_trouble import OutboxTrouble
from streamgenre.publish.payload import Payload, is_event, to_json
from streamgenre.publish.publisher import Publisher
from streamgenre.settings import OutboxSettings

GATHER_SECONDS = 0.01
"""A segment, its change and the next state come together: one transaction, one wait for the disk."""
RETRY_SECONDS = 1.0
"""Between two tries to write to a disk that refused."""
BATCH = 500
"""Messages a transaction, at most."""

log = logging.getLogger(__name__)


class Dispatcher:
    """One thread that commits events, then tells every publisher what is new.

    While the disk refuses, events wait in memory and states go on, with the number of the last event that
    was committed. Publishers are started and stopped by whoever made them.
    """

    def __init__(
        self,
        node: str,
        outbox: Outbox,
        publishers: Sequence[Publisher],
        *,
        heartbeat_seconds: float = 30.0,
        settings: OutboxSettings | None = None,
    ) -> None:
        self._outbox = outbox
        self._publishers = tuple(publishers)
        self._heartbeat_seconds = heartbeat_seconds
        self._most = (settings or OutboxSettings()).memory_events
        self._offers = Offers(self._most)
        self._chronicle = Chronicle(node, outbox.recall)
        self._backlog = Backlog(self._most)
        self._unfit = 0
        self._retry_at = 0.0
        self._heartbeat_at = time.monotonic() + heartbeat_seconds
        self._broken: set[int] = set()
        self._overflow = OutboxTrouble("events")
        self._lost_before = 0
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    @property
    def queue_depth(self) -> int:
        """Messages that were offered and neither committed nor handed on."""
        return len(self._offers) + self._backlog.events

    @property
    def lost(self) -> int:
        """Events that never got a number, for want of memory or of sense."""
        return self._offers.refused + self._backlog.dropped + self._unfit

    @property
    def room(self) -> int:
        """Events that may be offered without any being lost, whatever the disk does meanwhile."""
        return self._most // 2 - self._offers.events - self._backlog.events

    def unfinished(self) -> dict[str, int]:
        """Return the sources left open of which nothing was heard since, with their epochs."""
        return self._chronicle.unfinished()

    def start(self) -> None:
        """Begin with what a crash left open."""
        self._backlog.begin_with(self._outbox.interrupted())
        self._chronicle.resume(self._outbox.unfinished())
        self._thread.start()

    def replace_publishers(self, publishers: Sequence[Publisher], heartbeat_seconds: float) -> None:
        """Tell these from the next message on; whoever made them starts and stops them."""
        self._publishers, self._broken = tuple(publishers), set()
        self._heartbeat_seconds = heartbeat_seconds

    def offer(self, source: str, stamped: Stamped) -> None:
        """Take a message of a source from its engine thread; never waits for a disk or a network."""
        self._offers.put(source, stamped)

    def take(self, offer: Offer) -> bool:
        """Do the same with an offer of a fleet; whether it was taken."""
        return self._offers.add(offer)

    def stop(self, timeout_seconds: float) -> None:
        """Commit and hand on all that was offered, for no longer than this."""
        self._offers.close()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        if self.queue_depth:
            log.error(
                "%d messages were not handed on before the end: %s",
                self.queue_depth,
                self._outbox.trouble or "the disk is slow",
            )

    def _run(self) -> None:
        while not (self._offers.closed and not len(self._offers)):
            self._turn_in_any_case()
        self._heartbeat_at = self._retry_at = 0.0
        self._turn_in_any_case()

    def _turn_in_any_case(self) -> None:
        """What was not foreseen must not silence the program."""
        try:
            self._turn()
        except Exception:
            log.exception("messages could not be handed on; those that follow are tried")
            time.sleep(GATHER_SECONDS)

    def _turn(self) -> None:
        self._offers.wait(self._patience_seconds())
        if self._offers.events_wait() and not self._offers.closed:
            time.sleep(GATHER_SECONDS)
        self._catch_up_with_the_past()
        caught_up = self._catch_up()
        offers = self._offers.take(BATCH)
        last = {offer.source: self._outbox.last_seq(offer.source) for offer in offers}
        told = [self._tell(offer) for offer in offers]
        committed = caught_up and self._commit(told)
        if not committed:
            self._backlog.keep(told)
        self._hand_on(told, last, committed=committed)
        self._tell_losses()

    def _catch_up_with_the_past(self) -> None:
        """Take what a crash left open, as soon as the disk lets it be read."""
        now = time.monotonic()
        if self._outbox.trouble is not None and now >= self._retry_at:
            self._backlog.begin_with(self._outbox.interrupted())
            if not self._outbox.opened:
                self._retry_at = now + RETRY_SECONDS
        self._chronicle.resume(self._outbox.unfinished())

    def _catch_up(self) -> bool:
        """Commit what the disk refused before; whether nothing of it is left."""
        while self._backlog:
            told = self._backlog.oldest(BATCH)
            if not self._commit(told, whole=len(told) == len(self._backlog)):
                return False
            self._backlog.done(told)
            self._publish_all([event for one in told for event in one.events])
            self._heartbeat_at = 0.0  # a segment told now ended what was open when it was offered
        return True

    def _patience_seconds(self) -> float:
        tries = self._backlog or not self._outbox.opened
        due = min(self._heartbeat_at, self._retry_at) if tries else self._heartbeat_at
        return max(0.0, due - time.monotonic())

    def _tell(self, offer: Offer) -> Told:
        """Return what becomes of it; a message that cannot be told or written must not hold up the others."""
        try:
            told = self._chronicle.tell(offer)
            for payload in (*told.events, told.passing):
                to_json(payload or {}).encode()
        except Exception:
            log.exception("a message of %s cannot be written as JSON and is dropped", offer.source)
            self._unfit += is_event(offer.stamped.message)
            return Told(offer.source, remembered=grant(offer))
        return told

    def _commit(self, told: list[Told], *, whole: bool = True) -> bool:
        """Give the events their numbers; whether there is nothing left to be committed.

        Not `whole`: further ones wait, after which alone what is open now is open.
        """
        now = time.monotonic()
        events = [event for one in told for event in one.events]
        remembered = {place: value for one in told for place, value in one.remembered.items()}
        nothing = not events and not remembered
        if now < self._retry_at:
            return nothing
        open_segments = self._open_segments(now) if whole else {}
        if nothing and not open_segments:
            return True
        try:
            seqs = self._outbox.append(events, open_segments, remembered)
        except Exception as error:
            if not self._backlog and not isinstance(error, OutboxUnavailableError):
                log.exception("events could not be committed; they are kept and tried again")
            self._retry_at = self._heartbeat_at = now + RETRY_SECONDS
            return nothing
        for event, seq in zip(events, seqs, strict=True):
            event["seq"] = seq
        return True

    def _open_segments(self, now: float) -> dict[str, Payload | None]:
        """What is open: of all sources at each heartbeat, of a source as soon as a stretch begins."""
        beat = now >= self._heartbeat_at
        if beat:
            self._heartbeat_at = now + self._heartbeat_seconds
        return self._chronicle.open_segments(of_all=beat)

    def _tell_losses(self) -> None:
        if self.lost > self._lost_before:
            self._overflow.begin("events are lost", f"memory keeps {self._most} that wait for the disk")
        elif not self._backlog:
            self._overflow.end(f"{self.lost} events were lost, none any more")
        self._lost_before = self.lost

    def _hand_on(self, told: list[Told], last: dict[str, int], *, committed: bool) -> None:
        """A state carries the number of the last event before it that is committed."""
        for one in told:
            if one.events and committed:
                last[one.source] = one.events[-1]["seq"]
                self._publish_all(one.events)
            if one.passing is not None:
                one.passing["seq"] = last[one.source]
                if one.passing["type"] == "diagnostics":
                    one.passing.update(self._depths())
                self._publish_all([one.passing])

    def _depths(self) -> Payload:
        return {
            "queue_depth": self.queue_depth,
            "outbox_depth": self._outbox.depth,
            "events_lost": self._outbox.lost + self.lost,
            "outbox_trouble": self._outbox.trouble,
        }

    def _publish_all(self, payloads: Sequence[Payload]) -> None:
        for payload in payloads:
            for number, publisher in enumerate(self._publishers):
                try:
                    publisher.publish(payload)
                except Exception:
                    if number not in self._broken:
                        log.exception("%s failed to take a message", type(publisher).__name__)
                    self._broken.add(number)
