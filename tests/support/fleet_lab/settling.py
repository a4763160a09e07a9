"""Waiting until a fleet has come to rest."""

from __future__ import annotations

import time

from tests.support.fleet_lab.lab import Lab
from tests.support.fleet_lab.recovery import epochs


def settle(lab: Lab) -> None:
    """Wait until every station is served, by one connection, and none has moved for a while."""
    lab.wait_until_served()
    lab.wait(lambda: _calm(lab), "stations that stay where they are")


def _calm(lab: Lab) -> bool:
    now = time.monotonic()
    newest = epochs(lab.told())
    return newest == epochs(lab.told(), now - lab.size.calm_seconds) and all(
        len(who) == 1 for who in lab.watch.now().values()
    )
