"""Which group gets what: groups are started and ended, stations given and moved, as placement decides."""

from __future__ import annotations

import logging

from streamgenre.fleet.doors import Cluster
from streamgenre.fleet.grants import Leaving
from streamgenre.fleet.holdings import Holdings
from streamgenre.fleet.known_group import KnownGroup
from streamgenre.fleet.placement.groups_wanted import groups_wanted
from streamgenre.fleet.placement.moves import moves
from streamgenre.fleet.placement.placing import place
from streamgenre.fleet.placement.rooms import GroupRoom, MachineRoom

REBALANCE_SECONDS = 5.0
REST_SECONDS = 60.0
"""A station that was moved stays where it is for so long."""
MOVED = "moved to another group"
LATE_SECONDS = 10.0
"""For a station that a group was asked to give back, and keeps."""

log = logging.getLogger(__name__)


class Allocation:
    """Used under the supervisor's lock."""

    def __init__(self, have: Holdings, cluster: Cluster, now: float) -> None:
        self._have = have
        self._cluster = cluster
        self._rebalance_at = now
        self.place_from = now
        """Until then nobody is given what he does not have: who has it may be out of reach."""
        self._asked_at: dict[str, float] = {}
        """When a group was asked to give a station back, or that was last complained of."""
        self.moved_at: dict[str, float] = {}
        """When a station came to its group from another, monotonic seconds."""

    def round(self, now: float) -> None:
        """Do what is due."""
        self._have_groups(now)
        if now >= self.place_from:
            self._place(now)
        if now >= self._rebalance_at:
            self._rebalance_at = now + REBALANCE_SECONDS
            self._rebalance(now)

    def _have_groups(self, now: float) -> None:
        """Start and end groups until each machine has what it should."""
        by_machine: dict[str, list[KnownGroup]] = {machine: [] for machine in self._have.machines}
        for group in self._have.groups.values():
            if group.machine in by_machine and not group.leaving and not group.lost:
                by_machine[group.machine].append(group)
        rooms = [
            MachineRoom(machine.id, machine.cores, len(by_machine[machine.id]))
            for machine in self._have.machines.values()
        ]
        wanted = groups_wanted(rooms, sum(self._have.prices(now).values()), len(self._have.deployed))
        for machine, groups in by_machine.items():
            for group in groups:
                if group.again_at is not None and now >= group.again_at:
                    group.began_anew(now)
                    self._cluster.start_group(group.id, machine)
            for _ in range(wanted.get(machine, 0) - len(groups)):
                self._start(machine, now)
            surplus = len(groups) - wanted.get(machine, 0)
            last_the_idle = sorted(groups, key=lambda one: (not one.may_take(now), one.id))
            for group in last_the_idle[len(groups) - max(0, surplus) :]:
                log.info("group %s is not needed any more", group.id)
                group.leaving = True
                group.orders += 1

    def _start(self, machine: str, now: float) -> None:
        slot = next(slot for slot in range(10_000) if f"{machine}-{slot}" not in self._have.groups)
        group = f"{machine}-{slot}"
        self._have.groups[group] = KnownGroup(group, machine, now)
        log.info("group %s is started", group)
        self._cluster.start_group(group, machine)

    def _place(self, now: float) -> None:
        """Give every station that nobody follows to a group."""
        if not self._have.waiting():
            return
        prices = self._have.prices(now)
        held = {station: grant.group for station, grant in self._have.grants.items()}
        rooms = self._have.rooms(now)
        found = place(rooms, prices, held, coming=self._have.coming(now))
        for group in found.overfull:
            log.warning("group %s has more stations than it can bear: machines are missing", group)
        given = {
            station: group for station, group in found.groups.items() if not self._have.grants.get(station)
        }
        self._have.grants.give(
            {station: (group, self._have.groups[group].incarnation) for station, group in given.items()}
        )
        for group in set(given.values()):
            self._have.groups[group].orders += 1
        if given:
            log.info("stations given to groups: %d, to %d", len(given), len(set(given.values())))

    def _rebalance(self, now: float) -> None:
        """Ask for a few stations back that would fare better elsewhere."""
        self._insist(now)
        held = {
            station: (leaving.target or grant.group)
            if (leaving := self._have.grants.leaving.get(station))
            else grant.group
            for station, grant in self._have.grants.items()
            if station in self._have.deployed
        }
        resting = {station for station, moved in self.moved_at.items() if now - moved < REST_SECONDS}
        self.moved_at = {station: self.moved_at[station] for station in resting}
        rooms = self._movable_rooms(now)
        for move in moves(
            rooms, self._have.prices(now), held, resting=resting | self._have.grants.leaving.keys()
        ):
            grant = self._have.grants.get(move.station)
            if grant and grant.group == move.source:
                log.info("%s moves from %s to %s", move.station, move.source, move.target)
                self._have.ask_back(move.station, grant, Leaving(MOVED, move.target))

    def _movable_rooms(self, now: float) -> list[GroupRoom]:
        """A group that is silent for a moment neither gives nor takes; one without a machine gives."""
        return [
            room
            for room in self._have.rooms(now)
            if room.capacity_cores > 0.0
            or self._have.groups[room.id].leaving
            or room.machine not in self._have.machines
        ]

    def _insist(self, now: float) -> None:
        """What a group does not give back within reason is said in the log; its lease still decides."""
        leaving = self._have.grants.leaving
        self._asked_at = {station: self._asked_at.get(station, now) for station in leaving}
        late = [station for station, asked in self._asked_at.items() if now - asked > LATE_SECONDS]
        if late:
            log.warning(
                "stations that are not given back by their groups: %d, such as %s", len(late), late[0]
            )
            self._asked_at.update(dict.fromkeys(late, now))
