"""From the engine to the publishers, in order, through the outbox, without the engine ever waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from streamgenre.messages import Stamped
from streamgenre.publish.narrator import Narrator
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
        self._node = node
        self._outbox = outbox
        self._publishers = tuple(publishers)
        self._heartbeat_seconds = heartbeat_seconds
        self._most = (settings or OutboxSettings()).memory_events
        self._offers = Offers(self._most)
        self._narrators: dict[str, Narrator] = {}
        self._pending: list[Payload] = []
        """Events that the disk refused, in order."""
        self._dropped = 0
        self._retry_at = 0.0
        self._heartbeat_at = time.monotonic() + heartbeat_seconds
        self._broken: set[int] = set()
        self._overflow = OutboxTrouble("events")
        self._lost_before = 0
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    @property
    def queue_depth(self) -> int:
        """Messages that were offered and neither committed nor handed on."""
        return len(self._offers) + len(self._pending)

    @property
    def lost(self) -> int:
        """Events that never got a number, for want of memory or of sense."""
        return self._offers.refused + self._dropped

    def start(self) -> None:
        """Begin with what a crash left open."""
        self._pending = self._outbox.interrupted()
        self._thread.start()

    def replace_publishers(self, publishers: Sequence[Publisher], heartbeat_seconds: float) -> None:
        """Tell these from the next message on; whoever made them starts and stops them."""
        self._publishers, self._broken = tuple(publishers), set()
        self._heartbeat_seconds = heartbeat_seconds

    def offer(self, source: str, stamped: Stamped) -> None:
        """Take a message of a source from its engine thread; never waits for a disk or a network."""
        self._offers.put(source, stamped)

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
        caught_up = self._catch_up()
        offers = self._offers.take(BATCH)
        last = {offer.source: self._outbox.last_seq(offer.source) for offer in offers}
        told = [(offer, payload) for offer in offers if (payload := self._tell(offer)) is not None]
        events = [payload for offer, payload in told if is_event(offer.stamped.message)]
        if caught_up and self._commit(events):
            self._hand_on(told, last)
        else:
            self._keep(events)
            self._hand_on([pair for pair in told if not is_event(pair[0].stamped.message)], last)
        self._tell_losses()

    def _catch_up(self) -> bool:
        """Commit what the disk refused before; whether nothing of it is left."""
        if self._outbox.trouble is not None and time.monotonic() >= self._retry_at:
            self._pending[:0] = self._outbox.interrupted()
        while self._pending:
            events = self._pending[:BATCH]
            if not self._commit(events):
                return False
            del self._pending[: len(events)]
            self._publish_all(events)
            self._heartbeat_at = 0.0  # a segment told now ended what was open when it was offered
        return True

    def _patience_seconds(self) -> float:
        due = min(self._heartbeat_at, self._retry_at) if self._pending else self._heartbeat_at
        return max(0.0, due - time.monotonic())

    def _tell(self, offer: Offer) -> Payload | None:
        """Return its payload; a message that cannot be told or written must not hold up the others."""
        try:
            payload = self._narrator(offer.source).tell(offer)
            to_json(payload).encode()
        except Exception:
            log.exception("a message of %s cannot be written as JSON and is dropped", offer.source)
            self._dropped += is_event(offer.stamped.message)
            return None
        return payload

    def _narrator(self, source: str) -> Narrator:
        if source not in self._narrators:
            self._narrators[source] = Narrator(self._node, source)
        return self._narrators[source]

    def _commit(self, events: list[Payload]) -> bool:
        """Give the events their numbers; whether there is none left without."""
        now = time.monotonic()
        if now < self._retry_at:
            return not events
        open_segments = self._open_segments(now)
        if not events and not open_segments:
            return True
        try:
            seqs = self._outbox.append(events, open_segments)
        except Exception as error:
            if not self._pending and not isinstance(error, OutboxUnavailableError):
                log.exception("events could not be committed; they are kept and tried again")
            self._retry_at = self._heartbeat_at = now + RETRY_SECONDS
            return not events
        for event, seq in zip(events, seqs, strict=True):
            event["seq"] = seq
        return True

    def _open_segments(self, now: float) -> dict[str, Payload | None]:
        """What is open: of all sources at each heartbeat, of a source as soon as a stretch begins."""
        beat = now >= self._heartbeat_at
        if beat:
            self._heartbeat_at = now + self._heartbeat_seconds
        return {
            source: narrator.so_far()
            for source, narrator in self._narrators.items()
            if beat or narrator.just_opened
        }

    def _keep(self, events: list[Payload]) -> None:
        self._pending += events
        excess = max(0, len(self._pending) - self._most)
        self._dropped += excess
        del self._pending[:excess]

    def _tell_losses(self) -> None:
        if self.lost > self._lost_before:
            self._overflow.begin("events are lost", f"memory keeps {self._most} that wait for the disk")
        elif not self._pending:
            self._overflow.end(f"{self.lost} events were lost, none any more")
        self._lost_before = self.lost

    def _hand_on(self, told: list[tuple[Offer, Payload]], last: dict[str, int]) -> None:
        """A state carries the number of the last event before it."""
        for offer, payload in told:
            if is_event(offer.stamped.message):
                last[offer.source] = payload["seq"]
            else:
                payload["seq"] = last[offer.source]
            if payload["type"] == "diagnostics":
                payload.update(self._depths())
            self._publish_all([payload])

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
