"""Who may follow which station: one group at a time, each time under a greater epoch."""

from __future__ import annotations

from collections.abc import KeysView, Mapping
from dataclasses import dataclass

from streamgenre.clock import Clock
from streamgenre.fleet.crossing import Loss
from streamgenre.fleet.ledger import Grant, Ledger


@dataclass(frozen=True, slots=True)
class Leaving:
    """A grant that its group is asked to give back."""

    reason: str | None
    """As listeners are told; None: the station has left the fleet."""
    target: str | None = None
    """The group that is to follow it then."""


class Grants:
    """Used under the supervisor's lock. What changes is in the ledger before anybody learns of it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._grants = ledger.grants()
        self._last_epoch = max(
            ledger.last_epoch(), max((one.epoch for one in self._grants.values()), default=0)
        )
        self.leaving: dict[str, Leaving] = {}
        """By station, of those that are granted."""
        self._losses = ledger.losses()
        self._changed: set[str] = set()
        self._changed_losses: set[str] = set()
        self._of: dict[str, dict[str, Grant]] = {}
        """The same grants by group: with thousands of stations every report asks for its group's."""
        for station, grant in self._grants.items():
            self._of.setdefault(grant.group, {})[station] = grant

    def get(self, station: str) -> Grant | None:
        """Return who may follow it; None: nobody."""
        return self._grants.get(station)

    def granted(self) -> KeysView[str]:
        """Return every station that is granted, as it changes."""
        return self._grants.keys()

    def items(self) -> list[tuple[str, Grant]]:
        """Return every station that is granted."""
        return list(self._grants.items())

    def of(self, group: str) -> dict[str, Grant]:
        """Return all that a group may follow, what it is to give back included."""
        return dict(self._of.get(group, ()))

    def give(self, stations: Mapping[str, tuple[str, str]]) -> None:
        """Grant stations that nobody has: group and its incarnation by station.

        Those given at once share an epoch: numbers that ran ahead of the clock would be given again after a
        loss of the ledger.
        """
        epoch = max(self._last_epoch + 1, int(self._clock.utc_now().timestamp()))
        for station, (group, incarnation) in stations.items():
            assert station not in self._grants, "a station has one group"
            self._last_epoch = epoch
            self._put(station, Grant(group, incarnation, epoch))

    def adopt(self, station: str, grant: Grant) -> None:
        """Take over what a group follows that the ledger does not know."""
        self._last_epoch = max(self._last_epoch, grant.epoch)
        self._take(station)
        self._put(station, grant)

    def note_epoch(self, epoch: int) -> None:
        """An epoch was seen: whatever is given from now on is greater."""
        self._last_epoch = max(self._last_epoch, epoch)

    def void(self, station: str, reason: str) -> None:
        """Its group is gone: listeners are to be told."""
        grant = self._grants[station]
        self._take(station)
        self.leaving.pop(station, None)
        self._losses[station] = Loss(station, grant.epoch, reason)
        self._changed_losses.add(station)

    def forget(self, group: str) -> None:
        """The group has ended in order: there is nothing to tell."""
        for station in self.of(group):
            self._take(station)
            self.leaving.pop(station, None)

    def returned(self, station: str) -> Leaving:
        """Its group has let go of it, in order; return what was to happen then."""
        self._take(station)
        return self.leaving.pop(station)

    def losses(self) -> list[Loss]:
        """Return what the publisher has not settled yet, one a station."""
        return list(self._losses.values())

    def settled(self, loss: Loss) -> None:
        """The publisher has settled it."""
        if self._losses.get(loss.station) == loss:
            del self._losses[loss.station]
            self._changed_losses.add(loss.station)

    def write(self) -> None:
        """Have the ledger know what has changed."""
        if self._changed or self._changed_losses:
            self._ledger.note(
                {station: self._grants.get(station) for station in self._changed},
                self._last_epoch,
                {station: self._losses.get(station) for station in self._changed_losses},
            )
            self._changed.clear()
            self._changed_losses.clear()

    def _put(self, station: str, grant: Grant) -> None:
        self._grants[station] = self._of.setdefault(grant.group, {})[station] = grant
        self._changed.add(station)

    def _take(self, station: str) -> None:
        if grant := self._grants.pop(station, None):
            of_group = self._of[grant.group]
            del of_group[station]
            if not of_group:
                del self._of[grant.group]
        self._changed.add(station)
