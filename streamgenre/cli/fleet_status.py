"""`streamgenre fleet status` and `stop`: how the fleet is, and its end."""

from __future__ import annotations

from streamgenre.cli.fleet_options import AddressOption
from streamgenre.cli.options import JsonOption

STATUS_EXAMPLES = """Examples:

streamgenre fleet status

streamgenre fleet status --json | jq '.failing'

streamgenre fleet status --address radio.example:6379
"""
STOP_EXAMPLES = """Examples:

streamgenre fleet stop

streamgenre fleet stop --address radio.example:6379
"""


def status(*, address: AddressOption = "auto", json: JsonOption = False) -> None:
    """Say how the fleet is: machines, groups, their lag, and the stations that are not heard."""
    from streamgenre.cli.fleet_status_page import print_fleet_status
    from streamgenre.cli.tables import table_console
    from streamgenre.fleet.reaching import fleet_status
    from streamgenre.publish.payload import to_json

    found = fleet_status(address)
    if json:
        print(to_json(found))  # noqa: T201  # the answer
    else:
        print_fleet_status(table_console(), found)


def stop(*, address: AddressOption = "auto") -> None:
    """End the fleet in order: every station is closed, everything said is published."""
    from streamgenre.fleet.reaching import stop_fleet

    stations = stop_fleet(address)
    print(f"the fleet is ended; stations it followed: {stations}")  # noqa: T201  # the answer
