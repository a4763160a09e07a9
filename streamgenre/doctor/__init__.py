"""What must be right on this machine, for this configuration: one check a part, each with its remedy."""

from __future__ import annotations

from streamgenre.doctor.check import Check, Verdict
from streamgenre.doctor.examination import examine

__all__ = ["Check", "Verdict", "examine"]
