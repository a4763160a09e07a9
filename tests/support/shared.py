"""The one place that names the folder of research data and golden vectors."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("STREAMGENRE_SHARED", Path(__file__).parents[3] / "shared"))

needs_shared = pytest.mark.skipif(
    not (SHARED / "data" / "README.md").is_file(),
    reason=f"research data not found at {SHARED}; set STREAMGENRE_SHARED to its folder",
)
