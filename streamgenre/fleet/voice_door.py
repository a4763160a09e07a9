"""Which handed messages are let in: none of an epoch that is over, none twice, none before its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from streamgenre.clock import Clock, SystemClock
from streamgenre.fleet.crossing import Handed
from streamgenre.messages import Message
from streamgenre.publish.payload import is_event

GAP_SECONDS = 30.0
"""Events before those that come are waited for so long: they may be sent again; then they are lost."""

Answer = Literal["in", "fenced", "again", "early"]
"""again: it was let in before, or a newer one was; early: what lies before it must come first."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who speaks for a station, and how far it was heard."""

    epoch: int
    number: int
    """Of the last event; 0: none."""
    void: bool
    """Whether the group is known to be gone."""


@dataclass(slots=True)
class _Seat:
    """A grant as it is while messages that were let in are not yet committed."""

    epoch: int
    number: int
    void: bool
    group: str | None = None
    """Who spoke last; None: nobody did since this process began."""
    newest: dict[type[Message], tuple[float, datetime]] = field(
        default_factory=dict[type[Message], tuple[float, datetime]]
    )
    """Since the last event, by kind: audio seconds and time of a state or diagnostics."""
    gap: tuple[int, float] | None = None
    """The lowest number that came early, and since when one did, monotonic."""


class Door:
    """Under its owner's lock. Times are monotonic seconds."""

    def __init__(self, committed: Callable[[str], Grant | None], clock: Clock | None = None) -> None:
        """`committed` tells what is durable of a station."""
        self._committed = committed
        self._clock = clock or SystemClock()
        self._seats: dict[str, _Seat] = {}

    def admit(self, handed: Handed, group: str, let_in: Callable[[], bool]) -> Answer:
        """Let a message in if it is its turn; `let_in` does so, and says whether there was room."""
        seat = self._seat_of(handed)
        if handed.epoch < seat.epoch or seat.void:
            return "fenced"
        seat.group = group
        event = is_event(handed.stamped.message)
        answer = self._turn_of_event(seat, handed) if event else _turn_of_state(seat, handed)
        if answer != "in":
            return answer
        if not let_in():
            return "early"
        if event:
            seat.number, seat.gap = handed.number, None
            seat.newest.clear()
        return "in"

    def sever(self, station: str, epoch: int) -> int | None:
        """Have nothing of this epoch any more; return the number of its last event, None: it was over."""
        seat = self._seat(station)
        if seat is not None and (epoch < seat.epoch or (epoch == seat.epoch and seat.void)):
            return None
        number = seat.number if seat is not None and seat.epoch == epoch else 0
        self._seats[station] = _Seat(epoch, number, void=True)
        return number

    def over(self, station: str, epoch: int) -> bool:
        """Whether nothing of this epoch is let in any more."""
        seat = self._seat(station)
        return seat is not None and (epoch < seat.epoch or (epoch == seat.epoch and seat.void))

    def speaks(self, station: str, group: str, epoch: int | None) -> bool:
        """Whether a group is the one to ask about a station; None: it did not say under which epoch."""
        if epoch is not None:
            return not self.over(station, epoch)
        seat = self._seat(station)
        return seat is not None and not seat.void and seat.group == group

    def receipt(self, station: str) -> tuple[int, int] | None:
        """Return epoch and number of the last event committed; of an epoch that is over, the one after it."""
        durable, seat = self._committed(station), self._seat(station)
        if seat is None:
            return None
        if durable is None or durable.epoch < seat.epoch:
            return seat.epoch, 0
        return (durable.epoch + 1, 0) if durable.void else (durable.epoch, durable.number)

    def _seat(self, station: str) -> _Seat | None:
        """Return what is known; at first, what is durable."""
        if station not in self._seats:
            grant = self._committed(station)
            if grant is None:
                return None
            self._seats[station] = _Seat(grant.epoch, grant.number, grant.void)
        return self._seats[station]

    def _seat_of(self, handed: Handed) -> _Seat:
        seat = self._seat(handed.station)
        if seat is None or handed.epoch > seat.epoch:
            seat = self._seats[handed.station] = _Seat(handed.epoch, 0, void=False)
        return seat

    def _turn_of_event(self, seat: _Seat, handed: Handed) -> Answer:
        if handed.number <= seat.number:
            return "again"
        if handed.number == seat.number + 1:
            return "in"
        now = self._clock.monotonic()
        lowest, since = seat.gap or (handed.number, now)
        seat.gap = min(lowest, handed.number), since
        if now - since < GAP_SECONDS or handed.number > lowest:
            return "early"
        missing = f"{seat.number + 1} to {handed.number - 1}"
        log.error("%s: events %s of epoch %d never came again", handed.station, missing, handed.epoch)
        return "in"


def _turn_of_state(seat: _Seat, handed: Handed) -> Answer:
    if handed.number != seat.number:
        return "again" if handed.number < seat.number else "early"
    kind, place = type(handed.stamped.message), (handed.stamped.message.audio_seconds, handed.stamped.time)
    newest = seat.newest.get(kind)
    if newest is not None and (place[0] < newest[0] or place == newest):
        return "again"
    seat.newest[kind] = place
    return "in"
