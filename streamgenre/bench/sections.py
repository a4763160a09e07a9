"""The sections of the benchmarks, and running one; each is run in a process of its own."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Protocol, cast

from streamgenre.bench.effort import Effort
from streamgenre.bench.rows import Row
from streamgenre.bench.subjects import Subject, measure_all


class _Section(Protocol):
    def subjects(self, effort: Effort) -> Iterable[Subject]: ...


SECTIONS = {
    "front-end": "front_end",
    "accuracy": "accuracy",
    "inference": "inference",
    "pipeline": "pipeline",
    "files": "files",
    "limits": "limits",
    "streams": "serving",
    "start": "start",
    "memory": "memory",
    "idle": "idle",
}
"""Name of each section, and the module beside this one that measures it."""


def measure(section: str, effort: Effort) -> Iterator[Row]:
    """Yield the rows of one section as they are found."""
    module = cast("_Section", importlib.import_module(f"streamgenre.bench.{SECTIONS[section]}"))
    yield from measure_all(section, module.subjects(effort))
