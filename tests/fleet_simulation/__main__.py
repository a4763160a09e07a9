"""A simulated fleet: the real supervisor, 10,000 stations on 100 machines, and an hour full of failures.

Exit code 1 when two groups ever followed one station at once, an epoch did not rise, or a station was not
served again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path

from tests.fleet_simulation.faults import Faults
from tests.fleet_simulation.plan import Plan
from tests.fleet_simulation.report import figures, table, wrongs
from tests.fleet_simulation.world import World


def main() -> int:
    options = _options()
    plan = Plan(**{one.name: getattr(options, one.name) for one in fields(Plan)})
    began = time.monotonic()

    def tell(world: World) -> None:
        sys.stderr.write(
            f"\r{world.agenda.now / 60:5.0f} of {plan.seconds / 60:g} min after "
            f"{time.monotonic() - began:4.0f} s, {len(world.witness.served)} stations served, "
            f"{len(world.witness.wrong)} wrongs "
        )
        sys.stderr.flush()

    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        world = World(plan, Path(folder) / "ledger.sqlite")
        Faults(world)
        world.run(tell)
    sys.stderr.write("\n")
    found = figures(world)
    sys.stdout.write(table(found) + "\n")
    if options.output:
        options.output.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if wrongs(found) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet_simulation", description=__doc__)
    for one in fields(Plan):
        default = getattr(Plan(), one.name)
        flag = "--" + one.name.replace("_", "-")
        parser.add_argument(flag, dest=one.name, type=type(default), default=default)
    parser.add_argument("--output", type=Path, help="also write the figures to this file, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
