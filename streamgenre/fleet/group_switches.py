"""Whether a group's stations are to be heard: the publisher remembers what was switched over MQTT."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from streamgenre.clock import Clock
from streamgenre.fleet.crossing import Assignment
from streamgenre.fleet.doors import Publisher, UnreachableError
from streamgenre.settings import SourceSettings

PATIENCE_SECONDS = 5.0
"""For the publisher's answer; then the configuration counts until there is one."""
AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class _Switch:
    station: SourceSettings
    epoch: int
    since: float
    """Monotonic seconds."""
    enabled: bool | None = None
    """None: nobody has said yet."""


class GroupSwitches:
    """known() is for one thread, which never waits; switch() for any."""

    def __init__(self, publisher: Publisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock
        self._switches: dict[str, _Switch] = {}
        self._asked_at = float("-inf")
        self._asking: threading.Thread | None = None
        self._lock = threading.Lock()

    def known(self, assignments: Iterable[Assignment]) -> dict[str, bool]:
        """Return of these stations whether they are to be heard, as far as that is known."""
        now = self._clock.monotonic()
        with self._lock:
            self._switches = {one.station.id: self._switch_of(one, now) for one in assignments}
            found = {station: _enabled(one, now) for station, one in self._switches.items()}
            unknown = [one for one in self._switches.values() if one.enabled is None]
        if unknown and self._may_ask(now):
            self._asked_at = now
            self._asking = threading.Thread(target=self._ask, args=[unknown], name="switches", daemon=True)
            self._asking.start()
        return {station: enabled for station, enabled in found.items() if enabled is not None}

    def switch(self, station: str, *, enabled: bool) -> bool:
        """Take what was asked over MQTT just now; whether the station is one of these."""
        with self._lock:
            found = self._switches.get(station)
            if found is not None:
                found.enabled = enabled
            return found is not None

    def _switch_of(self, assignment: Assignment, now: float) -> _Switch:
        station, known = assignment.station, self._switches.get(assignment.station.id)
        same = known and known.epoch == assignment.epoch and known.station.enabled == station.enabled
        return known if known and same else _Switch(station, assignment.epoch, now)

    def _may_ask(self, now: float) -> bool:
        busy = self._asking is not None and self._asking.is_alive()
        return not busy and now - self._asked_at >= AGAIN_SECONDS

    def _ask(self, unknown: list[_Switch]) -> None:
        try:
            off = self._publisher.switched_off([one.station for one in unknown])
        except UnreachableError:
            return
        with self._lock:
            for one in unknown:
                if one.enabled is None:  # nobody has switched it meanwhile
                    one.enabled = one.station.id not in off


def _enabled(switch: _Switch, now: float) -> bool | None:
    if switch.enabled is None and now - switch.since >= PATIENCE_SECONDS:
        return switch.station.enabled
    return switch.enabled
