"""Names for what a keyboard sends."""

from __future__ import annotations

import re

ESCAPE = 0x1B
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|O)?")
_SEQUENCES = {
    b"[A": "up", b"[B": "down", b"[C": "right", b"[D": "left", b"[H": "home", b"[F": "end", b"[Z": "backtab",
    b"OA": "up", b"OB": "down", b"OC": "right", b"OD": "left", b"OH": "home", b"OF": "end", b"OP": "f1",
    b"OM": "enter",
    b"[1~": "home", b"[7~": "home", b"[4~": "end", b"[8~": "end", b"[5~": "pageup", b"[6~": "pagedown",
    b"[11~": "f1",
}  # fmt: skip
_BYTES = {
    0x09: "tab", 0x0A: "enter", 0x0D: "enter", 0x20: "space", 0x08: "backspace", 0x7F: "backspace",
    0x1A: "suspend", 0x0C: "redraw",
}  # fmt: skip


def decode(sent: bytes, *, all_came: bool) -> tuple[list[str], bytes]:
    """Return the keys in what was sent, and what may be the beginning of another.

    `all_came`: nothing followed for a while, so that a lone escape is that key.
    """
    keys: list[str] = []
    at = 0
    while at < len(sent):
        if sent[at] != ESCAPE:
            keys += _plain(sent[at])
            at += 1
        elif found := _SEQUENCE.match(sent, at):
            keys += [name] if (name := _SEQUENCES.get(found[0][1:])) else []
            at = found.end()
        elif _UNFINISHED.fullmatch(sent, at) and not all_came:
            return keys, sent[at:]
        else:
            keys.append("escape")
            at += 1
    return keys, b""


def _plain(byte: int) -> list[str]:
    if byte in _BYTES:
        return [_BYTES[byte]]
    return [chr(byte)] if 0x21 <= byte < 0x7F else []
