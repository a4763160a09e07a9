"""How a source is shown to people: on one line, with its credentials masked."""

from __future__ import annotations

import re
from pathlib import Path

MOST_CHARACTERS = 1000
"""Of what a stranger has a part in; a server may redirect to an address of any length."""
_MASKED_KEYS = r"token|key|api_?key|access_?token|auth|password|passwd|pass|pwd|secret|sig|signature|session"
_COLLAPSED_URL = re.compile(r"(?i)^(https?|rtsps?):/(?!/)")
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")
_BROKEN_USER_INFO = re.compile(r"(?<=://)[^/?#\s:@]+:(?!\d{0,5}(?:[/?#\s]|$))\S*@")
_SLIPPED_USER_INFO = re.compile(r"(?i)\b((?:https?|rtsps?)(?::/?|;/{0,2}|//))(?!/)[^/?#\s]+@")
_SECRET_VALUE = re.compile(rf"(?i)([?&;](?:{_MASKED_KEYS})=)[^&;#\s]+")


def masked(text: str) -> str:
    """Return `text` with user, password and secret parameters of every URL in it replaced by ***."""
    text = _USER_INFO.sub("***@", text)
    text = _BROKEN_USER_INFO.sub("***@", text)
    text = _SLIPPED_USER_INFO.sub(r"\1***@", text)
    return _SECRET_VALUE.sub(r"\1***", text)


def shown(source: Path | str) -> str:
    """Return a path or SOURCE as error texts name it: masked, with control characters escaped."""
    # A path made of a URL has lost a slash, and would hide the password from masked().
    return printable(masked(_COLLAPSED_URL.sub(r"\1://", str(source))))


def printable(text: str) -> str:
    """Return `text` with line ends, control characters, marks of direction and stray bytes escaped."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def cut(text: str, most_characters: int = MOST_CHARACTERS) -> str:
    """Return `text`, or its beginning and its end, where a remedy stands, if it is longer."""
    if len(text) <= most_characters:
        return text
    kept = most_characters - 1
    return f"{text[: kept - kept // 3]}…{text[-(kept // 3) :]}"
