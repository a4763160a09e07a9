"""One letter for each label, so that a ribbon reads without colours."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_uppercase

from streamgenre.publish.history_colours import OTHER, STATUS_LOOKS

LETTERS = {
    "blues": "B",
    "classical": "C",
    "country": "Y",
    "disco": "D",
    "electronic": "E",
    "hiphop": "H",
    "jazz": "J",
    "metal": "M",
    "pop": "P",
    "reggae": "G",
    "rock": "R",
}
FULL_SIGNS = {
    "music": "♪",
    "speech": "╌",
    "noise": "░",
    "unknown": "?",
    "silence": "·",
    "no_signal": "×",
    OTHER: "+",
}
ASCII_SIGNS = FULL_SIGNS | {"music": "*", "speech": "-", "noise": "~", "silence": ".", "no_signal": "x"}


def letters(shown: Iterable[str], *, unicode: bool) -> dict[str, str]:
    """Give each label a sign of its own: statuses theirs, genres a free letter of their name."""
    given = dict(FULL_SIGNS if unicode else ASCII_SIGNS)
    shown = list(shown)
    given |= {label: LETTERS[label] for label in shown if label in LETTERS}
    for label in shown:
        if label not in given:
            wanted = [letter for letter in label.upper() if letter in ascii_uppercase]
            free = [letter for letter in (*wanted, *ascii_uppercase) if letter not in given.values()]
            given[label] = free[0] if free else "#"
    return given


def is_status(label: str) -> bool:
    """Whether it is no genre: drawn without a colour of its own."""
    return label in STATUS_LOOKS and label != OTHER
