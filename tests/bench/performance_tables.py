"""Put a result of `streamgenre bench --json` into docs/performance.md.

`python -m tests.bench.performance_tables RESULT.json`; several results are joined, sections of later
ones in the place of earlier ones, so that a section may be measured again by itself.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from streamgenre.bench.report import Report, by_section, markdown, report_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def filled(document: str, tables: str) -> str:
    """The document with `tables` between its two marks, in the place of what stood there."""
    before, found, rest = document.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(
            f"{DOCUMENT}: {BEGIN.strip()} and {END.strip()} are to stand in it, in lines of their own"
        )
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def joined(reports: list[Report]) -> Report:
    """The last report, with the sections it lacks from the ones before it."""
    sections = {section: rows for report in reports for section, rows in by_section(report.rows)}
    return replace(reports[-1], rows=tuple(row for rows in sections.values() for row in rows))


def main() -> None:
    reports = [report_of(json.loads(Path(name).read_text(encoding="utf-8"))) for name in sys.argv[1:]]
    if not reports:
        sys.exit(__doc__)
    tables = markdown(joined(reports))
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
