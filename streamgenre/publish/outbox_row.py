"""One event that waits to be sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One committed event that waits to be sent."""

    row_id: int
    """Ascending in the order of commits, over all sources."""
    source: str
    seq: int
    text: str
    """Its payload as one line of JSON, as it was committed."""
    late: bool
    """Committed before the last restart, or too long ago for news."""

    def wording(self, *, again: bool = False) -> str:
        """Return what to send: the text, with `late` as last key where it is late or sent again."""
        return f'{self.text[:-1]}, "late": true}}' if self.late or again else self.text
