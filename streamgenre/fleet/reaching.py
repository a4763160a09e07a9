"""A fleet that runs, as another command reaches it."""

from __future__ import annotations

import time
from contextlib import suppress

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.connection import Connection, connected, require_ray
from streamgenre.fleet.deploying import fleet_folder
from streamgenre.fleet.doors import UnreachableError
from streamgenre.fleet.own_cluster import own_cluster
from streamgenre.publish.payload import Payload

ASK_SECONDS = 10.0
STOP_SECONDS = 60.0
GONE_SECONDS = 15.0
LAST_WORDS_SECONDS = 1.5
"""Who follows the fleet elsewhere asks so often what is new."""


def fleet_status(address: str) -> Payload:
    """Return how the fleet is. Raises StreamgenreError where none runs."""
    require_ray()
    with connected(_address(address), start=False) as connection:
        return _ask(connection, "status", ASK_SECONDS)


def stop_fleet(address: str) -> int:
    """End the fleet in order; return how many stations it followed. Raises StreamgenreError."""
    require_ray()
    with connected(_address(address), start=False) as connection:
        stations = int(_ask(connection, "status", ASK_SECONDS)["stations"]["total"])
        in_order = _ask(connection, "stop", STOP_SECONDS)
        _end_supervisor()
        if not in_order:
            raise StreamgenreError("the fleet is ended, but not in order: what had not been told may be lost")
        return stations


def _address(address: str) -> str:
    """A `fleet run` may have a cluster of its own."""
    return (own_cluster(fleet_folder()) or address) if address == "auto" else address


def _ask(connection: Connection, method: str, seconds: float) -> Payload:
    from streamgenre.fleet.ray_names import SUPERVISOR, NotThereError, ask  # noqa: PLC0415  # an extra

    give_up = time.monotonic() + seconds
    while True:
        try:
            return ask(SUPERVISOR, method, seconds=seconds)
        except NotThereError:
            raise StreamgenreError(
                f"no fleet runs on the cluster at {connection.address}; start one: "
                "streamgenre fleet run --stations FILE"
            ) from None
        except UnreachableError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)  # it is being started anew


def _end_supervisor() -> None:
    import ray  # noqa: PLC0415  # an extra

    from streamgenre.fleet.ray_names import SUPERVISOR, find  # noqa: PLC0415

    time.sleep(LAST_WORDS_SECONDS)
    with suppress(UnreachableError):
        ray.kill(find(SUPERVISOR))
    give_up = time.monotonic() + GONE_SECONDS
    with suppress(UnreachableError):
        while time.monotonic() < give_up:
            find(SUPERVISOR)
            time.sleep(0.1)
