"""What the keys do: which source is chosen, what is shown of it, whether the picture stands still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from streamgenre.publish.dashboard.board_picture import Key, place_of

NEXT = frozenset({"down", "right", "j", "n", "l", "tab"})
PREVIOUS = frozenset({"up", "left", "k", "p", "h", "backtab"})
PAGE = 10
FARTHEST = 10**6
SCROLLS = {
    "down": 1, "j": 1, "up": -1, "k": -1, "pagedown": PAGE, "pageup": -PAGE,
    "end": FARTHEST, "G": FARTHEST, "home": 0, "g": 0,
}  # fmt: skip


@dataclass(slots=True)
class Controls:
    """Used by one thread."""

    chosen: Key | None = None
    """None: the first one there is."""
    view: Literal["table", "detail", "fleet"] | None = None
    """None: nobody has said; one source is shown in detail, several as a table."""
    helping: bool = False
    paused: bool = False
    quitting: bool = False
    fleet: str | None = None
    """The fleet whose page is shown; None: the first one there is."""
    scrolled: int = 0
    """Lines of that page above the window; whoever draws it says how many there can be."""

    def press(
        self, key: str, keys: Sequence[Key], fleets: Sequence[str] = (), troubled: Sequence[Key] = ()
    ) -> None:
        """Do what a key asks for; `keys` are all sources, in the order shown, `troubled` some of them."""
        if key == "q":
            self.quitting = True
        elif self.helping:
            self.helping = False
        elif key in {"?", "f1"}:
            self.helping = True
        elif key == "space":
            self.paused = not self.paused
        elif key == "f" and fleets:
            self._turn_to_fleet(back=self.shows_fleet(fleets))
        elif key == "enter":
            self.view = "table" if self.shows_detail(keys) or self.shows_fleet(fleets) else "detail"
        elif key in {"escape", "backspace"}:
            self.view = "table"
        elif self.shows_fleet(fleets):
            self._scroll(key, fleets)
        elif key == "t":
            self._move_to_trouble(keys, troubled)
        else:
            self._move(key, keys)

    def shows_detail(self, keys: Sequence[Key]) -> bool:
        """Whether one source has the whole screen."""
        if not keys:
            return False
        return self.view == "detail" or (self.view is None and len(keys) == 1)

    def shows_fleet(self, fleets: Sequence[str]) -> bool:
        """Whether one fleet has the whole screen."""
        return self.view == "fleet" and bool(fleets)

    def fleet_place(self, fleets: Sequence[str]) -> int:
        """Return the place of the chosen fleet; of one that has gone, the first."""
        return fleets.index(self.fleet) if self.fleet in fleets else 0

    def place(self, keys: Sequence[Key]) -> int:
        """Return the place of the chosen source; of one that has gone, the first."""
        return place_of(self.chosen, keys)

    def in_view(self, keys: Sequence[Key], *, both: bool = False) -> Key | None:
        """Return the source whose detail is shown; `both`: it is, beside the table."""
        shown = (both and self.view != "fleet") or self.shows_detail(keys)
        return keys[self.place(keys)] if keys and shown and not self.helping else None

    def _turn_to_fleet(self, *, back: bool) -> None:
        self.view, self.scrolled = "table" if back else "fleet", 0

    def _scroll(self, key: str, fleets: Sequence[str]) -> None:
        at, step = self.fleet_place(fleets), self.scrolled
        if key in {"right", "n", "l", "tab", "left", "p", "h", "backtab"}:
            at = (at + (1 if key in NEXT else -1)) % len(fleets)
            self.fleet, step = fleets[at], 0
        elif key in SCROLLS:
            step = SCROLLS[key] + step * (key not in {"home", "g"})
        self.scrolled = max(0, step)

    def _move_to_trouble(self, keys: Sequence[Key], troubled: Sequence[Key]) -> None:
        """Choose the next one in trouble, after the last the first."""
        if troubled:
            place = self.place(keys)
            self.chosen = next((key for key in troubled if keys.index(key) > place), troubled[0])

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
