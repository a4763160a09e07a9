"""Stations that change their group, a few a round, for each move costs a gap of a second or two.

Groups that leave give theirs away first. Then the group with the most load for what it can bear gives to the
one with the least, where they differ by more than a threshold: the dearest station that leaves the giver with
no less than the taker. That makes the sum over groups of load²/capacity smaller each time, so with constant
costs the moves end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from streamgenre.fleet.placement.loads import Loads, Ranking
from streamgenre.fleet.placement.rooms import GroupRoom, Move

_ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class MoveSettings:
    """When a station is moved."""

    least_a_round: int = 4
    """Moves a round, at most, in a small fleet."""
    stations_a_move: int = 1000
    """In a large one: a move a round for so many."""
    most_difference: float = 0.1
    """Of load for what a group can bear that is left as it is."""
    most_difference_of_mean: float = 0.25
    """The same of a fleet with little load, as a share of the mean."""

    def most(self, stations: int) -> int:
        """Moves a round, at most."""
        return max(self.least_a_round, stations // self.stations_a_move)

    def threshold(self, mean: float) -> float:
        """Difference that is left as it is."""
        return min(self.most_difference, self.most_difference_of_mean * mean)


def moves(
    rooms: Sequence[GroupRoom],
    stations: Mapping[str, float],
    held: Mapping[str, str],
    *,
    resting: Container[str] = (),
    settings: MoveSettings | None = None,
) -> tuple[Move, ...]:
    """Return what is to be moved in this round.

    `stations`: cores by station, of all; `held`: group by station, where it is or is on its way to. Those in
    `resting`, such as were moved of late, are moved only off a group that leaves.
    """
    settings = settings or MoveSettings()
    loads = Loads(rooms, stations, held)
    most = settings.most(len(stations))
    left = _off_leaving(loads, stations, held, most)
    gone = {move.station for move in left}
    stay = {s: g for s, g in held.items() if s not in gone and s not in resting and g in loads.rooms}
    balance = _Balance(loads, stations, stay, settings.threshold(loads.mean()))
    return tuple(left + balance.moves(most - len(left)))


def _off_leaving(
    loads: Loads, stations: Mapping[str, float], held: Mapping[str, str], most: int
) -> list[Move]:
    leaving = loads.rooms.keys() - set(loads.staying())
    takers = loads.takers()
    if not leaving or not takers:
        return []
    theirs = sorted(s for s, group in held.items() if group in leaving and s in stations)
    ranking, found = Ranking(takers, loads.relative), list[Move]()
    for station in theirs[:most]:
        target = ranking.first()
        assert target is not None, "there is a taker"
        found.append(Move(station, held[station], target))
        loads.move(stations[station], held[station], target)
        ranking.changed(target)
    return found


class _Balance:
    """Evens loads out, one move after the other."""

    def __init__(
        self, loads: Loads, stations: Mapping[str, float], held: Mapping[str, str], threshold: float
    ) -> None:
        self._loads = loads
        self._threshold = threshold
        self._stations = stations
        self._members: dict[str, list[str]] = {}
        for station, group in held.items():
            if stations.get(station, 0.0) > 0.0:
                self._members.setdefault(group, []).append(station)
        self._priced: dict[str, list[tuple[float, str]]] = {}
        self._givers = Ranking(self._members.keys() & set(loads.staying()), lambda g: -loads.relative(g))
        self._takers = Ranking(loads.punctual(), loads.relative)

    def moves(self, most: int) -> list[Move]:
        found: list[Move] = []
        while len(found) < most:
            giver, taker = self._givers.first(), self._takers.first()
            if giver is None or taker is None or self._difference(giver, taker) <= self._threshold:
                break
            move = self._move(giver, taker) or self._move_elsewhere(giver)
            if move is None:
                self._givers.drop(giver)
            else:
                self._note(move)
                found.append(move)
        return found

    def _move(self, giver: str, taker: str) -> Move | None:
        station = self._dearest_that_fits(giver, taker)
        return None if station is None else Move(station, giver, taker)

    def _move_elsewhere(self, giver: str) -> Move | None:
        """The taker with the least load may be too small for any station: look at the others too."""
        for taker in sorted(self._loads.punctual(), key=lambda group: (self._loads.relative(group), group)):
            if self._difference(giver, taker) <= self._threshold:
                return None
            if move := self._move(giver, taker):
                return move
        return None

    def _note(self, move: Move) -> None:
        self._loads.move(self._stations[move.station], move.source, move.target)
        for group in (move.source, move.target):
            self._givers.changed(group)
            self._takers.changed(group)

    def _difference(self, giver: str, taker: str) -> float:
        return self._loads.relative(giver) - self._loads.relative(taker)

    def _dearest_that_fits(self, giver: str, taker: str) -> str | None:
        """Take it off the giver's list: what was moved is not moved on in this round."""
        if giver not in self._priced:
            self._priced[giver] = sorted((self._stations[s], s) for s in self._members[giver])
        priced, rooms = self._priced[giver], self._loads.rooms
        each = 1 / rooms[giver].capacity_cores + 1 / rooms[taker].capacity_cores
        most = self._difference(giver, taker) / each * _ROUNDING
        fitting = bisect_right(priced, most, key=lambda one: one[0])
        return priced.pop(fitting - 1)[1] if fitting else None
