"""Playlists that name stations: `.pls` and `.m3u`. HLS is told apart; FFmpeg plays it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

from streamgenre.capture.source_text import cut, shown
from streamgenre.errors import PermanentSourceError

MAX_PLAYLIST_BYTES = 1 << 18
MAX_ENTRIES = 20
MAX_DEPTH = 3
"""How often a playlist may name a playlist."""
SCHEMES = ("http://", "https://", "rtsp://", "rtsps://")
"""What a playlist may name: never a file or a device of this machine."""
PLAYLIST_SUFFIXES = (".pls", ".m3u", ".m3u8")
_TYPES = {
    "application/mpegurl",
    "application/pls+xml",
    "application/vnd.apple.mpegurl",
    "application/x-mpegurl",
    "application/x-scpls",
    "audio/mpegurl",
    "audio/scpls",
    "audio/x-mpegurl",
    "audio/x-scpls",
    "audio/x-pls",
}
_PLS_KEY = re.compile(r"(?i)File(\d{1,6})")
_BEGINNING = re.compile(rb"(?i)(\xef\xbb\xbf)?\s*(\[playlist\]|#EXTM3U)")
_ADDRESS_LINE = re.compile(rb"(?i)(\xef\xbb\xbf)?\s*(https?|rtsps?)://\S+\s*$", re.MULTILINE)


def is_playlist(content_type: str, beginning: bytes) -> bool:
    """Tell by the declared type (`audio/x-scpls`, …), or by the first bytes."""
    if _BEGINNING.match(beginning):
        return True
    # A server may call an MP3 by the type of its playlist: what is no text is none.
    if b"\0" in beginning:
        return False
    return content_type in _TYPES or (
        content_type.startswith("text/") and _ADDRESS_LINE.match(beginning) is not None
    )


def is_hls(text: bytes) -> bool:
    """Tell whether a playlist is one of segments, not of stations."""
    return b"#EXT-X-" in text


def addresses(text: bytes, base_url: str) -> tuple[str, ...]:
    """Return the stations a playlist names, in its order. Raises PermanentSourceError where it names none."""
    lines = [line.strip() for line in _decoded(text).splitlines()]
    named = _pls_entries(lines) if "[playlist]" in map(str.lower, lines) else _m3u_entries(lines)
    found = list(dict.fromkeys(_resolved(base_url, name) for name in named))
    allowed = [url for url in found if url.lower().startswith(SCHEMES)]
    if allowed:
        return tuple(allowed[:MAX_ENTRIES])
    if found:
        raise PermanentSourceError(
            f"the playlist {shown(base_url)} names {cut(shown(found[0]), 200)}; "
            "only http, https and rtsp addresses are taken from a playlist"
        )
    raise PermanentSourceError(f"the playlist {shown(base_url)} names no station")


def local_playlist(path: Path) -> tuple[str, ...] | None:
    """Return the stations a playlist file names; None where `path` is no playlist. Raises SourceError."""
    if path.suffix.lower() not in PLAYLIST_SUFFIXES or not path.is_file():
        return None
    with path.open("rb") as file:
        text = file.read(MAX_PLAYLIST_BYTES)
    if is_hls(text):
        raise PermanentSourceError(
            f"{shown(path)} lists the segments of an HLS stream; give the address it was loaded from"
        )
    return addresses(text, path.absolute().as_uri())


def _resolved(base_url: str, name: str) -> str:
    try:
        return urljoin(base_url, name)
    except ValueError:  # a bracket that is not closed; it is refused as it stands
        return f"?{name}"


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _pls_entries(lines: list[str]) -> list[str]:
    numbered: list[tuple[int, str]] = []
    for line in lines:
        key, _, address = line.partition("=")
        if address.strip() and (number := _PLS_KEY.fullmatch(key.strip())):
            numbered.append((int(number[1]), address.strip()))
    return [address for _, address in sorted(numbered)]


def _m3u_entries(lines: list[str]) -> list[str]:
    return [line for line in lines if line and not line.startswith("#")]
