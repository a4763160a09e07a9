"""What a section is made of: subjects, of which one may break without the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from streamgenre.bench.rows import Row, failed


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is measured by itself."""

    name: str
    rows: Callable[[], Iterable[Row]]


def measure_all(section: str, subjects: Iterable[Subject]) -> Iterator[Row]:
    """Every row there is; one with its error for a subject that broke."""
    for subject in subjects:
        try:
            yield from subject.rows()
        except Exception as error:  # noqa: BLE001  # others' libraries: whatever breaks is a finding
            yield failed(section, subject.name, f"{type(error).__name__}: {error}")
