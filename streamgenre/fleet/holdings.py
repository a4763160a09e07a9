"""What a supervisor knows: stations, machines, groups, grants, and what things cost."""

from __future__ import annotations

from streamgenre.clock import Clock
from streamgenre.fleet.crossing import GroupReport
from streamgenre.fleet.doors import Machine
from streamgenre.fleet.grants import Grants, Leaving
from streamgenre.fleet.known_group import KnownGroup
from streamgenre.fleet.ledger import Deployment, Grant, Ledger
from streamgenre.fleet.placement.capacity import CapacityBook, share_of_machine
from streamgenre.fleet.placement.costs import CostBook
from streamgenre.fleet.placement.loads import LATE_SECONDS
from streamgenre.fleet.placement.rooms import GroupRoom
from streamgenre.fleet.placement.station_kind import StationKind
from streamgenre.settings import SourceSettings
from streamgenre.version import __version__

PRICES_SECONDS = 1.0
COMING_SECONDS = 15.0
"""While many stations wait, so long for groups that were started for the first time."""


class Holdings:
    """Used under the supervisor's lock."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        now = clock.monotonic()
        self._clock = clock
        self.grants = Grants(ledger, clock)
        self.deployment: Deployment | None = None
        self.stations: dict[str, SourceSettings] = {}
        """All that listeners may hear of: those deployed, and those that groups have not let go of yet."""
        self.machines: dict[str, Machine] = {}
        self.groups: dict[str, KnownGroup] = {}
        self.costs = CostBook.restored(ledger.costs(), now)
        self.capacities = CapacityBook()
        self.deployed: dict[str, SourceSettings] = {}
        """What is to be followed."""
        self._kinds: dict[str, StationKind] = {}
        self._priced: tuple[float, dict[str, float]] = float("-inf"), {}
        self.take(ledger.deployment())
        for group in {grant.group for _, grant in self.grants.items()}:
            self.groups[group] = KnownGroup(group, _machine_of(group), now, heard_at=now)

    def take(self, deployment: Deployment | None) -> None:
        """Have these to follow; what groups still hold is kept, that its last words find their way."""
        self.deployment = deployment
        self.deployed = {station.id: station for station in deployment.stations} if deployment else {}
        self._kinds = {station: _kind(settings, None) for station, settings in self.deployed.items()}
        self._priced = float("-inf"), {}
        leaving = {one: known for one, known in self.stations.items() if one in self.grants.granted()}
        self.stations = leaving | self.deployed
        for station, grant in self.grants.items():
            known = self.grants.leaving.get(station)
            if station not in self.deployed:
                self.ask_back(station, grant, Leaving(None))
            elif known and known.reason is None:
                del self.grants.leaving[station]

    def waiting(self) -> bool:
        """Whether a station that is to be followed has no group."""
        return not self.deployed.keys() <= self.grants.granted()

    def prices(self, now: float) -> dict[str, float]:
        """Return the cores that each station takes, or is believed to; as of the last second."""
        priced_at, prices = self._priced
        if now - priced_at >= PRICES_SECONDS:
            prices = self.costs.costs(self._kinds)
            self._priced = now, prices
        return prices

    def measure(self, report: GroupReport, now: float) -> None:
        """Note what the stations of a group take. One that is late gets less than it needs."""
        if report.lag_seconds < LATE_SECONDS:
            for station, one in report.stations.items():
                if one.heard and one.load > 0.0 and (settings := self.deployed.get(station)):
                    self.costs.note(station, _kind(settings, one.codec), one.load, now)

    def ask_back(self, station: str, grant: Grant, leaving: Leaving) -> None:
        """Have its group let go of it, in order."""
        self.grants.leaving[station] = leaving
        if group := self.groups.get(grant.group):
            group.orders += 1

    def void(self, station: str, reason: str) -> None:
        """Its group is gone, or may not follow it any more."""
        self.grants.void(station, reason)
        self._forget_removed(station)

    def returned(self, station: str) -> Leaving:
        """Its group has let go of it, in order; return what was to happen then."""
        leaving = self.grants.returned(station)
        self._forget_removed(station)
        return leaving

    def void_all(self, group: KnownGroup, reason: str) -> None:
        """The same of all stations of a group."""
        for station in self.grants.of(group.id):
            self.void(station, reason)

    def rooms(self, now: float) -> list[GroupRoom]:
        """Those that may be given stations, and with no room those that are to lose theirs."""
        counts: dict[str, int] = {}
        for group in self.groups.values():
            counts[group.machine] = counts.get(group.machine, 0) + (not group.lost and not group.leaving)
        return [self._room(group, counts[group.machine], now) for group in self.groups.values()]

    def coming(self, now: float) -> list[GroupRoom]:
        """Those that should be there within seconds, while a fleet begins: most of its stations wait.

        What has lost its group waits for nobody; nothing is expected of a machine that lost one.
        """
        if 2 * len(self.deployed.keys() & self.grants.granted()) >= len(self.deployed):
            return []
        doubtful = {group.machine for group in self.groups.values() if group.lost}
        return [
            GroupRoom(group.id, group.machine, 1.0)
            for group in self.groups.values()
            if group.starts == 1
            and group.state(now) == "starting"
            and now - group.began_at < COMING_SECONDS
            and group.machine not in doubtful
        ]

    def _forget_removed(self, station: str) -> None:
        """Nobody has to know any more what left the list, and its group."""
        if station not in self.deployed:
            self.stations.pop(station, None)

    def _room(self, group: KnownGroup, beside: int, now: float) -> GroupRoom:
        machine = self.machines.get(group.machine)
        if machine is None or not group.may_take(now) or group.report is None or unfit(group.report):
            return GroupRoom(group.id, group.machine, 0.0)
        should = share_of_machine(machine.cores, beside)
        bears = self.capacities.capacity(group.id, should, now)
        return GroupRoom(group.id, group.machine, bears, group.report.lag_seconds)


def _kind(settings: SourceSettings, codec: str | None) -> StationKind:
    return StationKind(codec, settings.pipeline.hop_seconds, settings.model)


def unfit(report: GroupReport) -> str | None:
    """Say why a group cannot be given anything; None: it can."""
    if report.version == __version__:
        return None
    return f"its machine has streamgenre {report.version}, the fleet {__version__}: install the same"


def _machine_of(group: str) -> str:
    return group.rpartition("-")[0]
