"""From sound to what a network sees."""

from __future__ import annotations

from streamgenre.features.log_mel import LogMel
from streamgenre.settings import LogMelSettings

__all__ = ["LogMel", "LogMelSettings"]
