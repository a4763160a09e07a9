"""The last door for text of strangers: it forges no line and no escape, and carries no password."""

from __future__ import annotations

import re
import unicodedata

from streamgenre.capture.source_text import masked

MOST_LETTERS = 8_000
"""Of one line or of one traceback; more is cut."""

_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+ *")
_PATH_LIKE_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*:/)(?!/)[^/?#\s@]*@")
"""A URL that was taken for a path has lost a slash."""


def one_line(text: str) -> str:
    """Return it on one line, printable, its credentials masked."""
    return _printable(_BREAKS.sub(" ", _without_secrets(_cut(text))).strip())


def some_lines(text: str) -> str:
    """Return it printable and masked; its end is what matters. Line feeds stay."""
    kept = [_printable(_without_secrets(_cut(line))) for line in text[-MOST_LETTERS:].splitlines()]
    return "\n".join(kept[1:] if len(text) > MOST_LETTERS else kept)


def _without_secrets(text: str) -> str:
    return _PATH_LIKE_URL.sub(r"\1***@", masked(text)) if "/" in text or "=" in text else text


def _cut(text: str) -> str:
    if len(text) <= MOST_LETTERS:
        return text
    whole, _, last = text[:MOST_LETTERS].rpartition(" ")
    # A password could no longer be told from a host once the @ behind it is gone.
    return f"{whole} …" if "/" in last else f"{whole} {last}…".lstrip()


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(map(_printable_letter, text))


def _printable_letter(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if unicodedata.category(letter) == "Zs" else letter.encode("unicode_escape").decode()
