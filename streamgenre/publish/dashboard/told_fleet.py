"""The fleet that a node is, as its latest message tells it, and whether that is of now."""

from __future__ import annotations

from dataclasses import replace

from streamgenre.publish.dashboard.fleet_picture import FleetPicture
from streamgenre.publish.dashboard.fleet_reading import read_fleet
from streamgenre.publish.dashboard.text import clock
from streamgenre.publish.payload import Payload

OLD_SECONDS = 15.0
"""A supervisor that is there tells of its fleet every few seconds."""
LATE_SECONDS = 5.0


class ToldFleet:
    """Not safe for threads by itself. `now` is monotonic; `node_now` is seconds since 1970, by its clock."""

    def __init__(self) -> None:
        self._told: FleetPicture | None = None
        self._failing: dict[str, str] = {}
        self._news_at: float | None = None
        """When a message came that was newer than the one before."""

    def is_news(self, time_seconds: float) -> bool:
        """Whether a message of this time is not one that was told before."""
        return self._told is None or self._told.time_seconds != time_seconds

    def tell(self, payload: Payload, now: float, node_now: float, *, fresh: bool) -> None:
        """Take a message; one that the broker kept, or that was sent again, is as old as it says."""
        before, told = self._told, read_fleet(payload)
        repeated = before is not None and before.time_seconds == told.time_seconds
        age = _age(told, node_now)
        if fresh and not repeated and (before is not None or (age is not None and age <= OLD_SECONDS)):
            self._news_at = now
        elif not repeated:
            self._news_at = None
        self._told = told
        self._failing = {one.station: one.why for one in told.failing}

    def why_unheard(self, station: str) -> str | None:
        """Return what it says of a station that fails; None: nothing."""
        return self._failing.get(station)

    def picture(self, now: float, node_now: float, *, online: bool | None) -> FleetPicture | None:
        """Return what was told, how old it is, and why it is not of now, if so."""
        if self._told is None:
            return None
        ages = [] if self._news_at is None else [now - self._news_at]
        ages += [] if (by_clock := _age(self._told, node_now)) is None else [by_clock]
        age = min(ages, default=None)
        return replace(self._told, age_seconds=age, old=_why_old(age, online=online))


def _age(told: FleetPicture, node_now: float) -> float | None:
    """By the clock; one from that clock's future was told before it was set back: nobody knows."""
    if told.time_seconds is None or told.time_seconds > node_now + LATE_SECONDS:
        return None
    return max(0.0, node_now - told.time_seconds)


def _why_old(age: float | None, *, online: bool | None) -> str | None:
    if online is False:
        return "node offline"
    if age is None:
        return "told nobody knows when"
    return f"last told {clock(age)} ago" if age > OLD_SECONDS else None
