"""Names of ALSA's devices that outlive a renumbering of the cards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

CARDS = Path("/proc/asound/cards")

_NUMBERS = re.compile(r"[:\s-]*\(hw:(\d+),\d+\)$")
_CARD = re.compile(r"^ *(\d+) \[.*\n +.* at (\S+?),", re.MULTILINE)


def is_hardware(name: str) -> bool:
    """Whether PortAudio's name is that of a card itself, not of a plug-in that converts."""
    return _NUMBERS.search(name) is not None


def stable_names(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each of PortAudio's names the one to configure, and one that tells twins apart.

    Card numbers, "(hw:1,0)", change at a restart or a replug; they are dropped. Two devices of one name
    are told apart by the socket they are in, as the kernel tells it for USB, and keep their numbers
    where it does not: such twins can change places.
    """
    sockets = _sockets()
    bare = [_NUMBERS.sub("", name) for name in names]
    placed = [_placed(name, short, sockets) for name, short in zip(names, bare, strict=True)]
    bare_count, placed_count = Counter(bare), Counter(placed)
    return [
        (short if bare_count[short] == 1 else long if placed_count[long] == 1 else name, long)
        for name, short, long in zip(names, bare, placed, strict=True)
    ]


def _placed(name: str, bare: str, sockets: dict[str, str]) -> str:
    numbers = _NUMBERS.search(name)
    socket = sockets.get(numbers[1]) if numbers else None
    return f"{bare} at {socket}" if socket else bare


def _sockets() -> dict[str, str]:
    """Return the socket of each card that says it, by card number."""
    try:
        return dict(_CARD.findall(CARDS.read_text("utf-8", "replace")))
    except OSError:
        return {}
