"""How a source is shown to people: with its credentials masked."""

from __future__ import annotations

import re

_MASKED_KEYS = r"token|key|api_?key|access_?token|auth|password|passwd|pass|pwd|secret|sig|signature|session"
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")
_BROKEN_USER_INFO = re.compile(r"(?<=://)[^/?#\s:@]+:(?!\d{0,5}(?:[/?#\s]|$))\S*@")
_SECRET_VALUE = re.compile(rf"(?i)([?&;](?:{_MASKED_KEYS})=)[^&;#\s]+")


def masked(text: str) -> str:
    """Return `text` with user, password and secret parameters of every URL in it replaced by ***."""
    text = _USER_INFO.sub("***@", text)
    text = _BROKEN_USER_INFO.sub("***@", text)
    return _SECRET_VALUE.sub(r"\1***", text)
