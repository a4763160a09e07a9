"""`make soak`: a simulated day of three sources with a fault every few minutes, and what it cost.

Exit code 1 when anything was untrue: an event lost, an account that does not add up, a fault not told,
memory, descriptors or threads that grow.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path

from streamgenre.classify.registry import load_genre_model
from streamgenre.pipeline import Classifier
from tests.soak.day import Day, Soak
from tests.soak.forgetful_model import ForgetfulModel
from tests.soak.holdings import Holdings
from tests.soak.report import figures, table, wrongs


def main() -> int:
    options = _options()
    logging.disable(logging.WARNING)
    soak = Soak(options.hours, options.hop, seed=options.seed)
    day = Day(soak, _model(options.model))
    held: list[Holdings] = []
    began = time.monotonic()

    def tell(now: Holdings) -> None:
        held.append(now)
        sys.stderr.write(
            f"\r{now.at_hours:5.1f} of {soak.hours:g} h after {time.monotonic() - began:4.0f} s, "
            f"{now.resident_bytes / 2**20:.1f} MiB"
        )
        sys.stderr.flush()

    day.run(tell)
    sys.stderr.write("\n")
    found = figures(soak, options.model, day, held, time.monotonic() - began)
    sys.stdout.write(table(found) + "\n")
    if options.output:
        options.output.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if wrongs(found) else 0


def _model(name: str) -> Classifier:
    return ForgetfulModel() if name == "fake" else load_genre_model(name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="waking time to simulate (default 24)")
    parser.add_argument("--hop", type=float, default=3.0, help="seconds between decisions (default 3)")
    parser.add_argument(
        "--model", default="genre-light", help="a shipped model, or fake (default genre-light)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the faults (default 0)")
    parser.add_argument("--output", type=Path, help="also write the figures to this file, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
