"""What a ledger says and what groups do brought together, after a supervisor has begun anew."""

from __future__ import annotations

from streamgenre.fleet.crossing import GroupReport
from streamgenre.fleet.holdings import Holdings
from streamgenre.fleet.known_group import KnownGroup
from streamgenre.fleet.ledger import Grant


def adopt(have: Holdings) -> bool:
    """Believe the groups that have reported; return whether they knew anything that the ledger did not.

    What they follow under a later epoch was granted while that could not be written, or the ledger is old.
    """
    there = [(group, group.report) for group in have.groups.values() if group.report and not group.lost]
    behind = False
    for group, report in there:
        for station, one in report.stations.items():
            known = have.grants.get(station)
            if station in have.deployed and (known is None or known.epoch < one.epoch):
                have.grants.adopt(station, Grant(group.id, report.incarnation, one.epoch))
                behind = True
    missing = [reconcile(have, group, report) for group, report in there]
    return behind or any(missing)


def reconcile(have: Holdings, group: KnownGroup, report: GroupReport) -> bool:
    """Void what a group does not have when it first reports; return whether there was any.

    It was never told of that, or the ledger is old: then another group may follow it under a later epoch.
    """
    missing = have.grants.of(group.id).keys() - report.stations.keys()
    for station in sorted(missing):
        if station in have.deployed:
            have.void(station, f"group {group.id} did not have it when the supervisor began anew")
        else:
            have.returned(station)
    return bool(missing)
