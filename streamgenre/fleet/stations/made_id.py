"""The id of a station for which its list has none."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from streamgenre.capture.source_text import masked
from streamgenre.config.node_id import LONGEST_ID

MARK_LETTERS = 6
"""30 bits, by which stations of the same name are told apart."""


def made_id(words: Iterable[str], source: str) -> str:
    """Return an id made of the first of `words` that has letters, else of host and path, and of the address.

    It depends on nothing but the station's own line: no line that comes, goes or moves can change it,
    and topics and histories stay true. Therefore *every* made id ends with a mark of the address, and
    not only those that would be alike: else the first Jazz FM would be called otherwise once a second
    one is added. It changes with the name and with the address; who wants to change these gives an id.
    Credentials are left out of the mark, which everybody sees, and new ones change no id.
    """
    begun = next((letters for word in words if (letters := _letters(word))), "") or _letters(_place(source))
    kept = (begun or "station")[: LONGEST_ID - MARK_LETTERS - 1].rstrip("-")
    return f"{kept}-{_mark(source)}"


def _letters(text: str) -> str:
    """Return what of a text may stand in an id: without accents, in lower case, other letters as hyphens."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return re.sub(r"[^a-z0-9_]+", "-", plain.lower()).strip("-")


def _place(source: str) -> str:
    parts = urlsplit(source)
    return f"{parts.hostname}{parts.path}"


def _mark(source: str) -> str:
    digest = hashlib.sha256(masked(source).encode()).digest()
    return base64.b32encode(digest).decode("ascii")[:MARK_LETTERS].lower()
