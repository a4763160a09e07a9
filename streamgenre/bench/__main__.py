"""One section in a process of its own: `python -m streamgenre.bench SECTION EFFORT-AS-JSON`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from streamgenre.bench.effort import Effort
from streamgenre.bench.machine import this_machine
from streamgenre.bench.sections import measure
from streamgenre.bench.worker import MACHINE


def main() -> None:
    """Write one JSON object a line on stdout, which is kept from others' chatter."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1) as lines:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for found in _found(sys.argv[1], Effort(**json.loads(sys.argv[2]))):
            lines.write(json.dumps(found) + "\n")


def _found(section: str, effort: Effort) -> Iterator[dict[str, Any]]:
    if section == MACHINE:
        yield asdict(this_machine())
        return
    for row in measure(section, effort):
        yield asdict(row)


if __name__ == "__main__":
    main()
