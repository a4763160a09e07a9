"""How a source is shown to people: on one line, with its credentials masked."""

from __future__ import annotations

import re
from pathlib import Path

_MASKED_KEYS = r"token|key|api_?key|access_?token|auth|password|passwd|pass|pwd|secret|sig|signature|session"
_COLLAPSED_URL = re.compile(r"(?i)^(https?|rtsps?):/(?!/)")
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")
_BROKEN_USER_INFO = re.compile(r"(?<=://)[^/?#\s:@]+:(?!\d{0,5}(?:[/?#\s]|$))\S*@")
_SECRET_VALUE = re.compile(rf"(?i)([?&;](?:{_MASKED_KEYS})=)[^&;#\s]+")


def masked(text: str) -> str:
    """Return `text` with user, password and secret parameters of every URL in it replaced by ***."""
    text = _USER_INFO.sub("***@", text)
    text = _BROKEN_USER_INFO.sub("***@", text)
    return _SECRET_VALUE.sub(r"\1***", text)


def shown(source: Path | str) -> str:
    """Return a path or SOURCE as error texts name it: masked, with control characters escaped."""
    # A path made of a URL has lost a slash, and would hide the password from masked().
    text = _COLLAPSED_URL.sub(r"\1://", str(source))
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in masked(text)
    )
