"""Groups for stations that have none: all at once, for an overfull group is better than a deaf station.

The dearest come first, each to the group with the least load for what it can bear. A group takes no more than
a few times its fair share of those that come at once, so that the stations of a lost machine are opened by
many groups, however empty one of them is.

When a fleet begins, many stations wait, and groups come one after the other: then those that are about to be
there get their share too, and it waits for them, so that the first one is not given everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from streamgenre.fleet.placement.loads import Loads, Ranking
from streamgenre.fleet.placement.rooms import GroupRoom, Placement

MOST_AT_ONCE = 8
FAIR_SHARES = 4
WAITING_MANY = 0.1
"""Share of the stations: with more of them waiting, a fleet begins."""


def place(
    rooms: Sequence[GroupRoom],
    stations: Mapping[str, float],
    held: Mapping[str, str],
    *,
    coming: Sequence[GroupRoom] = (),
) -> Placement:
    """Place every station that no group in `rooms` holds.

    `stations`: cores by station, of all; `held`: group by station. Groups that leave get none; those that
    serve late get some only when all do. Nothing is placed while there is no group at all. `coming`: groups
    that should be there within seconds; while many stations wait, what is meant for them is not placed yet.
    """
    loads = Loads(rooms, stations, held)
    waiting = [station for station in stations if held.get(station) not in loads.rooms]
    if not loads.takers() or not waiting:
        return Placement()
    if len(waiting) > WAITING_MANY * len(stations):
        loads = Loads([*rooms, *coming], stations, held)
    dearest_first = sorted(waiting, key=lambda name: (-stations[name], name))
    found = _spread(loads, loads.takers(), dearest_first, stations)
    there = {room.id for room in rooms if room.capacity_cores > 0.0}
    placed = {station: group for station, group in found.items() if group in there}
    overfull = sorted(group for group in set(placed.values()) if loads.relative(group) > 1.0)
    return Placement(placed, tuple(overfull))


def most_at_once(waiting: int, takers: int) -> int:
    """Stations that one group may be given of those that wait."""
    return max(MOST_AT_ONCE, -(-FAIR_SHARES * waiting // takers))


def _spread(
    loads: Loads, takers: Sequence[str], waiting: Sequence[str], stations: Mapping[str, float]
) -> dict[str, str]:
    most = most_at_once(len(waiting), len(takers))
    ranking, taken, found = Ranking(takers, loads.relative), Counter[str](), dict[str, str]()
    for station in waiting:
        group = ranking.first()
        assert group is not None, "the shares of all are more than what waits"
        found[station] = group
        loads.cores[group] += stations[station]
        taken[group] += 1
        ranking.drop(group) if taken[group] == most else ranking.changed(group)
    return found
