"""What the keys do: which source is chosen, what is shown of it, whether the picture stands still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from streamgenre.publish.dashboard.board import Key

NEXT = frozenset({"down", "right", "j", "n", "l", "tab"})
PREVIOUS = frozenset({"up", "left", "k", "p", "h", "backtab"})
PAGE = 10


@dataclass(slots=True)
class Controls:
    """Used by one thread."""

    chosen: Key | None = None
    """None: the first one there is."""
    view: Literal["table", "detail"] | None = None
    """None: nobody has said; one source is shown in detail, several as a table."""
    helping: bool = False
    paused: bool = False
    quitting: bool = False

    def press(self, key: str, keys: Sequence[Key]) -> None:
        """Do what a key asks for; `keys` are all sources, in the order shown."""
        if key == "q":
            self.quitting = True
        elif self.helping:
            self.helping = False
        elif key in {"?", "f1"}:
            self.helping = True
        elif key == "space":
            self.paused = not self.paused
        elif key == "enter":
            self.view = "table" if self.shows_detail(keys) else "detail"
        elif key in {"escape", "backspace"}:
            self.view = "table"
        else:
            self._move(key, keys)

    def shows_detail(self, keys: Sequence[Key]) -> bool:
        """Whether one source has the whole screen."""
        if not keys:
            return False
        return self.view == "detail" or (self.view is None and len(keys) == 1)

    def place(self, keys: Sequence[Key]) -> int:
        """Return the place of the chosen source; of one that has gone, the first."""
        return keys.index(self.chosen) if self.chosen in keys else 0

    def in_view(self, keys: Sequence[Key], *, both: bool = False) -> Key | None:
        """Return the source whose detail is shown; `both`: it is, beside the table."""
        shown = both or self.shows_detail(keys)
        return keys[self.place(keys)] if keys and shown and not self.helping else None

    def _move(self, key: str, keys: Sequence[Key]) -> None:
        if not keys:
            return
        at, last = self.place(keys), len(keys) - 1
        if key in NEXT:
            at = (at + 1) % len(keys)
        elif key in PREVIOUS:
            at = (at - 1) % len(keys)
        elif key in {"home", "g"}:
            at = 0
        elif key in {"end", "G"}:
            at = last
        elif key == "pagedown":
            at = min(last, at + PAGE)
        elif key == "pageup":
            at = max(0, at - PAGE)
        elif key.isdigit() and 0 < int(key) <= len(keys):
            at = int(key) - 1
        else:
            return
        self.chosen = keys[at]
