"""All that a run found: as one JSON object, and as tables for docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from streamgenre.bench.machine import Machine, machine_of
from streamgenre.bench.rows import SHARE, TIMES_LESS, Row, row_of

SCHEMA = 1
_MEANING: dict[str | None, str] = {TIMES_LESS: "× less", SHARE: "of theirs"}
"""What a ratio says."""
_HEADER = "| what | unit | ours | beside | theirs | ratio | quarter to three quarters | n | goal | met |"
_RULE = "|---|---|--:|---|--:|--:|--:|--:|--:|---|"


@dataclass(frozen=True, slots=True)
class Report:
    """One run."""

    machine: Machine
    versions: dict[str, str | None]
    rounds: int
    quick: bool
    """Only to show that everything runs."""
    rows: tuple[Row, ...]

    @property
    def failed(self) -> bool:
        """Whether a subject broke."""
        return any(row.error for row in self.rows)

    def payload(self) -> dict[str, Any]:
        """The object of `bench --json`."""
        return {
            "schema": SCHEMA,
            "machine": asdict(self.machine),
            "versions": self.versions,
            "rounds": self.rounds,
            "quick": self.quick,
            "rows": [asdict(row) for row in self.rows],
        }


def report_of(payload: dict[str, Any]) -> Report:
    """Read what `Report.payload` gave."""
    rows = tuple(map(row_of, payload["rows"]))
    return Report(
        machine_of(payload["machine"]), payload["versions"], payload["rounds"], payload["quick"], rows
    )


def cells(row: Row) -> tuple[str, ...]:
    """A row as the words of a table: name, unit, ours, peer, theirs, ratio, spread, n, goal, met."""
    ratio = "" if row.ratio is None else f"{number(row.ratio)} {_MEANING[row.ratio_is]}"
    spread = "–".join(number(value) for value in row.spread) if row.spread and row.n > 1 else ""
    met = {None: "", True: "yes", False: "NO"}[row.met]
    words = (row.unit, number(row.ours), row.peer or "", number(row.theirs), ratio, spread, str(row.n or ""))
    return (row.name, *words, row.goal or "", met)


def number(value: float | None) -> str:
    """Three significant digits, without an exponent where it reads as well."""
    if value is None:
        return ""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def notes(rows: Iterable[Row]) -> list[str]:
    """What else is to be said of them, what is said of several at once."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if text := row.error or row.note:
            absent = row.peer if row.theirs is None and row.peer else row.name
            said.setdefault(text, []).append(absent)
    return [f"{', '.join(dict.fromkeys(subjects))}: {text}" for text, subjects in said.items()]


def by_section(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Rows under their sections, in the order in which they came."""
    return [(section, list(group)) for section, group in groupby(rows, key=lambda row: row.section)]


def machine_line(report: Report) -> str:
    """Processor, cores, vector extensions, system and peaks in a sentence."""
    machine = report.machine
    vectors = ", ".join(machine.vector_extensions) or "none known"
    return (
        f"{machine.processor}, {machine.cores} cores, {vectors}; {machine.system}, Python {machine.python}; "
        f"load {machine.load:g} at the start; float32 matrix product {machine.sgemm_gflops:g} GFLOP/s, "
        f"copy {machine.copy_gbytes:g} GB/s, each on one thread"
    )


def versions_line(report: Report) -> str:
    """What was installed."""
    return ", ".join(f"{name} {version}" for name, version in report.versions.items() if version)


def markdown(report: Report) -> str:
    """Machine, versions and a table a section."""
    parts = [f"Machine: {machine_line(report)}.", f"Versions: {versions_line(report)}."]
    parts += [f"### {section}\n\n{_table(rows)}" for section, rows in by_section(report.rows)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row]) -> str:
    lines = [_HEADER, _RULE]
    lines += [f"| {' | '.join(map(_escaped, cells(row)))} |" for row in rows if row.ours is not None]
    return "\n".join(lines) + "".join(f"\n\n{note}." for note in notes(rows))


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
