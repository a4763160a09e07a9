"""Runs scenarios and writes what was found: `python -m tests.support.fleet_lab --isolated up kill-node`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.fleet_lab.isolation import isolated, why_not
from tests.support.fleet_lab.lab import Size
from tests.support.fleet_lab.scenarios import SCENARIOS, run


def main() -> int:
    options = _options()
    if options.isolated:
        return _isolated()
    os.environ.pop("RAY_ADDRESS", None)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="fleet-lab-"))
    sys.stderr.write(f"logs and messages: {folder}\n")
    size = Size(options.stations, options.workers, options.head_cores, options.calm_seconds, options.model)
    report = json.dumps(run(options.scenarios, size, folder), indent=1)
    if options.report is None:
        sys.stdout.write(f"{report}\n")
    else:
        options.report.write_text(report)
    return 0


def _isolated() -> int:
    """Run the same again, alone."""
    if (reason := why_not()) is not None:
        sys.stderr.write(f"{reason}\n")
        return 2
    arguments = [argument for argument in sys.argv[1:] if argument != "--isolated"]
    command = isolated(sys.executable, "-m", "tests.support.fleet_lab", *arguments)
    return subprocess.run(command, check=False).returncode


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.support.fleet_lab")
    parser.add_argument("scenarios", nargs="+", choices=SCENARIOS)
    parser.add_argument("--stations", type=int, default=60)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--head-cores", type=int, default=0)
    parser.add_argument("--calm-seconds", type=float, default=12.0, help="between scenarios")
    parser.add_argument("--model", default="genre-light")
    parser.add_argument("--folder", type=Path, help="for logs and messages; by default a new one")
    parser.add_argument("--report", type=Path, help="JSON; by default standard output")
    parser.add_argument(
        "--isolated", action="store_true", help="in a network and process namespace of its own"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
