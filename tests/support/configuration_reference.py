"""Writes the tables of docs/configuration.md anew: python -m tests.support.configuration_reference."""

from __future__ import annotations

from pathlib import Path

from streamgenre.config.reference import with_reference

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

if __name__ == "__main__":
    PAGE.write_text(with_reference(PAGE.read_text()))
