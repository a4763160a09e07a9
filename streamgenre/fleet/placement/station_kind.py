"""What makes one station cost more than another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class StationKind:
    """Stations of one kind cost much the same."""

    PLAIN_PARTS: ClassVar = 3

    codec: str | None
    """As FFmpeg names it; None: any, or not known yet."""
    hop_seconds: float
    model: str

    def of_any_codec(self) -> StationKind:
        """The kind as it is known before the station was opened."""
        return self if self.codec is None else StationKind(None, self.hop_seconds, self.model)

    def agrees(self, other: StationKind) -> bool:
        """Whether they may be one kind, of which a codec is not known yet."""
        either = self.codec is None or other.codec is None or self.codec == other.codec
        return either and self.hop_seconds == other.hop_seconds and self.model == other.model

    def to_plain(self) -> list[str | float | None]:
        """Return values that JSON knows."""
        return [self.codec, self.hop_seconds, self.model]

    @classmethod
    def from_plain(cls, parts: Sequence[object]) -> StationKind | None:
        """Return None for what is no kind."""
        codec, hop_seconds, model = parts
        if not isinstance(codec, str | None) or not isinstance(model, str):
            return None
        if not isinstance(hop_seconds, int | float) or not (math.isfinite(hop_seconds) and hop_seconds > 0):
            return None
        return cls(codec, float(hop_seconds), model)
