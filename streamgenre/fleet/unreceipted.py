"""What a group has said and the publisher has not receipted: in order, and sent again until it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from streamgenre.fleet.crossing import Handed, Parcel, Receipt
from streamgenre.messages import Stamped
from streamgenre.publish.payload import is_event

PARCEL_MESSAGES = 500
MOST_QUEUED = 2000
"""Further ones wait where states give way to newer ones."""
AGAIN_SECONDS = 5.0
"""An event that is not receipted for so long is sent again."""

Key = tuple[str, int]
"""Station and epoch."""


@dataclass(slots=True)
class _Waiting:
    """A message that the publisher may not have. A state goes once, an event until it is committed."""

    handed: Handed
    sent_at: float | None = None
    """Monotonic seconds; None: to be sent."""

    @property
    def event(self) -> bool:
        return is_event(self.handed.stamped.message)

    @property
    def key(self) -> Key:
        return self.handed.station, self.handed.epoch


@dataclass(frozen=True, slots=True)
class Booked:
    """What a receipt has settled."""

    settled: Sequence[Key]
    """Of each event that need not be sent again."""
    over: frozenset[Key]
    """What another group follows by now."""


class Unreceipted:
    """Used by one thread. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        """In the order of offering."""
        self._numbers: dict[str, tuple[int, int]] = {}
        """By station: the newest epoch, and the number of its last event."""
        self._publisher = ""

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def room(self) -> int:
        """Messages that may be added now: what is beyond the next parcel waits elsewhere."""
        unsent = sum(one.sent_at is None for one in self._queue)
        return max(0, PARCEL_MESSAGES - unsent) if len(self._queue) < MOST_QUEUED else 0

    @property
    def unsent(self) -> bool:
        """Whether there is something to be sent now."""
        return any(one.sent_at is None for one in self._queue)

    def add(self, station: str, epoch: int, stamped: Stamped, first: Stamped | None = None) -> None:
        """Put a message behind the others."""
        number = self._number(station, epoch, is_event(stamped.message))
        self._queue.append(_Waiting(Handed(station, epoch, number, stamped, first)))

    def to_send(self, now: float) -> tuple[Handed, ...]:
        """Return what the next parcel is to hold."""
        if any(one.sent_at is not None and now - one.sent_at > AGAIN_SECONDS for one in self._queue):
            self.send_all_again()
        return tuple(one.handed for one in self._queue if one.sent_at is None)[:PARCEL_MESSAGES]

    def send_all_again(self) -> None:
        """Nobody knows what has arrived."""
        for one in self._queue:
            one.sent_at = None

    def book(self, parcel: Parcel, receipt: Receipt, now: float) -> Booked:
        """Forget what is committed; a publisher that was started anew may not have what was not."""
        sent = {id(handed) for handed in parcel.handed if handed.station in receipt.committed}
        for one in self._queue:
            if id(one.handed) in sent:  # else it was not ready to take anything
                one.sent_at = now
        over = self._over(parcel, receipt)
        gone = [one for one in self._queue if one.key in over or _arrived(one, receipt)]
        self._queue = deque(one for one in self._queue if one.key not in over and not _arrived(one, receipt))
        if receipt.publisher != self._publisher:
            self._publisher = receipt.publisher
            self.send_all_again()
        return Booked([one.key for one in gone if one.event], over)

    def _number(self, station: str, epoch: int, event: bool) -> int:  # noqa: FBT001  # what it counts
        """Count what is said under the newest epoch; what comes late of an older one is let in nowhere."""
        newest, number = self._numbers.get(station, (epoch, 0))
        if epoch < newest:
            return 1
        number = (number if epoch == newest else 0) + event
        self._numbers[station] = epoch, number
        return number

    def _over(self, parcel: Parcel, receipt: Receipt) -> frozenset[Key]:
        """Return the grants that are fenced.

        Where the parcel held an older grant of the same station, that may be what is meant.
        """
        if not receipt.fenced:
            return frozenset()
        sent = {(one.station, one.epoch) for one in parcel.handed} | set(parcel.epochs.items())
        oldest = dict(sorted(sent, reverse=True))
        keys = sent | {one.key for one in self._queue}
        return frozenset(
            (station, epoch)
            for station, epoch in keys
            if station in receipt.fenced and _is_over(station, epoch, oldest[station], receipt)
        )


def _is_over(station: str, epoch: int, oldest: int, receipt: Receipt) -> bool:
    newest = receipt.committed.get(station, (0, 0))[0]
    return epoch < newest or (epoch == newest and oldest == epoch)


def _arrived(one: _Waiting, receipt: Receipt) -> bool:
    if not one.event:
        return one.sent_at is not None
    handed = one.handed
    epoch, number = receipt.committed.get(handed.station, (0, 0))
    return handed.epoch == epoch and handed.number <= number
