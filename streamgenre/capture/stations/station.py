"""From an address to sound: through playlists to the first station that plays."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from streamgenre.capture.media import MediaDecoder
from streamgenre.capture.source_text import shown
from streamgenre.capture.stations.http import OPENING_SECONDS, Download
from streamgenre.capture.stations.mpeg_frames import SNIFFED_BYTES, holds_mp3
from streamgenre.capture.stations.nearness import require_public
from streamgenre.capture.stations.playlists import (
    MAX_DEPTH,
    MAX_PLAYLIST_BYTES,
    addresses,
    is_hls,
    is_playlist,
)
from streamgenre.capture.stations.station_body import StationBody
from streamgenre.errors import PermanentSourceError, SourceError, TransientSourceError

SEARCH_SECONDS = 15.0
"""For all entries of a playlist together."""
MOST_ADDRESSES = 40
"""Asked for one station, in all its playlists: nobody's server is to be flooded for what a list says."""
_PEEKED_BYTES = 512
_MP3_TYPES = {"", "audio/mp3", "audio/mpeg", "audio/mpeg3", "audio/mpg", "audio/x-mpeg"}
_SEGMENTED_TYPES = {"application/dash+xml"}


@dataclass(slots=True)
class Station:
    """An open station or file on a server, its first frame decoded."""

    media: MediaDecoder
    body: StationBody | None = None
    """What feeds the decoder; None: FFmpeg speaks to the server itself."""
    segmented: bool = False
    """Whether it comes as a list of segments, each at once: HLS or DASH."""


@dataclass(slots=True)
class _Search:
    """What is left of the time and the addresses that may be spent on one station."""

    give_up_at: float
    addresses_left: int = MOST_ADDRESSES

    @property
    def over(self) -> bool:
        return self.addresses_left <= 0 or time.monotonic() >= self.give_up_at


def open_station(url: str) -> Station:
    """Open what `url` plays or names. Raises SourceError."""
    return _opened(url, 0, _Search(time.monotonic() + SEARCH_SECONDS))


def _opened(url: str, depth: int, search: _Search, *, from_public: bool = False) -> Station:
    search.addresses_left -= 1
    if not url.lower().startswith("http"):
        if from_public:
            require_public(url)
        return Station(MediaDecoder(url))
    seconds = min(OPENING_SECONDS, max(1.0, search.give_up_at - time.monotonic()))
    download = Download(url, seconds, from_public=from_public)
    try:
        go_on = _way_on(download, depth, search)
        if go_on is None:
            return _fed(url, download)
    except BaseException:
        download.close()
        raise
    download.close()
    return go_on()


def _way_on(download: Download, depth: int, search: _Search) -> Callable[[], Station] | None:
    """Return what to open instead of this answer; None: it is the sound itself."""
    beginning = download.peek(_PEEKED_BYTES)
    address = download.url
    if is_playlist(download.content_type, beginning):
        text = _whole_text(download)
        if not is_hls(text):
            named = addresses(text, address)
            return lambda: _first_playing(named, download, depth + 1, search)
        return lambda: Station(MediaDecoder(address), segmented=True)
    if download.content_type in _SEGMENTED_TYPES:
        return lambda: Station(MediaDecoder(address), segmented=True)
    if download.is_station or download.content_length is None:
        return None
    return lambda: Station(MediaDecoder(address))  # what has an end may have to be read out of order


def _whole_text(download: Download) -> bytes:
    text = bytearray()
    while piece := download.read(MAX_PLAYLIST_BYTES):
        text += piece
        if len(text) > MAX_PLAYLIST_BYTES:
            raise PermanentSourceError(
                f"{shown(download.url)} is longer than a playlist can be ({MAX_PLAYLIST_BYTES} bytes)"
            )
    return bytes(text)


def _first_playing(entries: tuple[str, ...], playlist: Download, depth: int, search: _Search) -> Station:
    if depth > MAX_DEPTH:
        raise PermanentSourceError(
            f"{shown(playlist.url)}: playlists name playlists more than {MAX_DEPTH} deep; "
            "give the station itself"
        )
    refusals: list[SourceError] = []
    for entry in entries:
        try:
            return _opened(entry, depth, search, from_public=playlist.from_public)
        except SourceError as refusal:
            refusals.append(refusal)
        if search.over:
            break
    raise next((error for error in refusals if isinstance(error, TransientSourceError)), refusals[0])


def _container(download: Download, body: StationBody) -> str | None:
    """Name the format where FFmpeg is slow to: it wants to see five seconds of an MP3 joined in a frame."""
    return "mp3" if download.content_type in _MP3_TYPES and holds_mp3(body.peek(SNIFFED_BYTES)) else None


def _fed(url: str, download: Download) -> Station:
    body = StationBody(download, shown(url))
    try:
        media = MediaDecoder(url, body, _container(download, body))
    except SourceError as error:
        if body.failure is not None:
            raise body.failure from None
        if download.is_station:  # what it sends now need not be what it sends in a minute
            raise TransientSourceError(f"{error}; the server says it is a station") from None
        raise
    download.settle()
    media.finite = media.finite and not download.is_station
    return Station(media, body)
