"""From the bytes of a title, in whatever character set, to one clean line of text."""

from __future__ import annotations

import html
import re
import unicodedata

MAX_TITLE_CHARACTERS = 300
_READ_CHARACTERS = 4000
"""Of a text that may be a book: some write the whole song into a tag."""
_INVISIBLE = {"Cc", "Cf", "Co", "Cs"}
_KEPT = {"\u200c", "\u200d"}
"""Joiners that change how some scripts are written."""
_NOTHING_SAID = re.compile(r"[\s\-–—|/:;.,_]*")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp);")
"""What Icecast writes for letters that its mount's character set lacks."""
_CYRILLIC_WORD = re.compile(r"[À-ÿ¨¸]{3,}")
_MIXED_WORD = re.compile(r"[A-Za-z][À-ÿ]|[À-ÿ][A-Za-z]")


def clean_title(text: str) -> str | None:
    """Return `text` on one line of bounded length, its entities spelled; None where it says nothing."""
    return tidy_title(_ENTITY.sub(lambda entity: html.unescape(entity[0]), text[:_READ_CHARACTERS]))


def tidy_title(text: str) -> str | None:
    """Return `text` on one line of bounded length, without controls; a title once clean stays as it is."""
    spaced = " ".join(text[:_READ_CHARACTERS].split())
    seen = "".join(c for c in spaced if c in _KEPT or unicodedata.category(c) not in _INVISIBLE)
    line = " ".join(seen.split())
    if _NOTHING_SAID.fullmatch(line):
        return None
    return line if len(line) <= MAX_TITLE_CHARACTERS else f"{line[: MAX_TITLE_CHARACTERS - 1]}…"


def decode_title(data: bytes) -> str:
    """Return what the bytes most likely say: UTF-8, UTF-8 encoded twice, Windows-1252 or Windows-1251."""
    try:
        return _once_decoded(data.decode())
    except UnicodeDecodeError:
        pass
    text = _from_windows_1252(data)
    # In Western languages accented letters stand among plain ones; whole words of them are Cyrillic.
    if _CYRILLIC_WORD.search(text) and not _MIXED_WORD.search(text):
        return data.decode("cp1251", "replace")
    return text


def _once_decoded(text: str) -> str:
    """Undo a second encoding: a server that took UTF-8 for Latin-1 and made UTF-8 of it."""
    if text.isascii():
        return text
    try:
        return b"".join(map(_windows_1252_byte, text)).decode()
    except UnicodeError:
        return text


def _windows_1252_byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _from_windows_1252(data: bytes) -> str:
    """Five bytes mean nothing in Windows-1252; they are left to Latin-1."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)
