"""The words of SOURCE: which kind of source is meant, with which parameters. Opens nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

from streamgenre.capture.sample_format import PcmFormat
from streamgenre.capture.source_text import masked
from streamgenre.errors import PermanentSourceError

URL_SCHEMES = ("http", "https", "rtsp", "rtsps")
KNOWN_WORDS = ("mic", "monitor", "pcm", "file", *URL_SCHEMES)
PCM_FORMATS: tuple[PcmFormat, ...] = get_args(PcmFormat)

MIN_RATE_HZ, MAX_RATE_HZ = 1000, 384_000
MAX_CHANNELS = 64

_MISSPELT_URL = re.compile(r"(https?|rtsps?)(:|;|//)", re.IGNORECASE)
_URL_WITHOUT_SCHEME = re.compile(r"(www\.[^/]+|localhost:\d+|[\w-]+(\.[\w-]+)+:\d+)/")


@dataclass(frozen=True, slots=True)
class MicrophoneSpec:
    """A capture device."""

    name: str | None = None
    """Stable identity, exact name or unique substring; None: the default device."""
    channels: tuple[int, ...] = ()
    """Numbers of the channels wanted, from 1; empty: the first two, or the one there is."""


@dataclass(frozen=True, slots=True)
class MonitorSpec:
    """What a sink of the sound server plays."""

    name: str | None = None
    """Exact name or unique substring of the sink; None: the default sink."""


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file of any format FFmpeg reads."""

    path: Path


@dataclass(frozen=True, slots=True)
class UrlSpec:
    """A station or a file on a server."""

    url: str


@dataclass(frozen=True, slots=True)
class PcmSpec:
    """Raw packed samples from stdin, a FIFO or a file."""

    path: Path | None = None
    """None: stdin."""
    sample_rate_hz: int = 48_000
    """1000 to 384000."""
    channels: int = 2
    """1 to 64."""
    format: PcmFormat = "s16le"


SourceSpec = MicrophoneSpec | MonitorSpec | FileSpec | UrlSpec | PcmSpec


def parse_source(text: str) -> SourceSpec:
    """Understand SOURCE; look at no file or device. Raises PermanentSourceError naming value and allowed."""
    if not text.strip():
        raise PermanentSourceError("the source is empty; give a file, a URL, mic, monitor or -")
    if "\0" in text:
        raise PermanentSourceError(f"the source {text!r} contains a zero byte")
    word, colon, rest = text.partition(":")
    bare = word.partition("?")[0]
    if bare in _BARE and not colon:
        return _BARE[bare](text[len(bare) :])
    if colon and word.lower() in _PREFIXED:
        return _PREFIXED[word.lower()](rest)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme is None:
        return _plain_path(text)
    if scheme[1].lower() in URL_SCHEMES:
        return _url(text)
    raise PermanentSourceError(
        f"unknown scheme {scheme[1]!r} in {masked(text)!r}{nearest_word(scheme[1])}; "
        f"known: {', '.join(KNOWN_WORDS)}, or a file's path"
    )


def nearest_word(word: str) -> str:
    """Return "; did you mean …?" for a word like one of SOURCE's own, else nothing."""
    near = difflib.get_close_matches(word.lower(), KNOWN_WORDS, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _plain_path(text: str) -> FileSpec:
    """Take a word without a scheme for a file, but where it can only be a URL with a slip in it."""
    if _MISSPELT_URL.match(text):
        raise _no_complete_url(text)
    if _URL_WITHOUT_SCHEME.match(text):
        raise PermanentSourceError(
            f"{masked(text)!r} looks like a URL; begin it with http:// or https://; a file is file:PATH"
        )
    return FileSpec(Path(text))


def _url(text: str) -> UrlSpec:
    try:
        parts = urlsplit(text)
        complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
    if not complete or re.search(r"\s", text):
        raise _no_complete_url(text)
    return UrlSpec(text)


def _no_complete_url(text: str) -> PermanentSourceError:
    return PermanentSourceError(
        f"{masked(text)!r} is no complete URL; it should look like http://host:port/path"
    )


def _microphone(rest: str) -> MicrophoneSpec:
    name, parameters = _split(rest, ("channels",))
    return MicrophoneSpec(name or None, _channel_list(parameters["channels"]) if parameters else ())


def _monitor(rest: str) -> MonitorSpec:
    name, _ = _split(rest, ())
    return MonitorSpec(name or None)


def _file(rest: str) -> FileSpec:
    path = re.sub(r"^//(localhost)?(?=/)", "", rest)
    return FileSpec(Path(rest if path == rest else unquote(path)))


def _standard_input(rest: str) -> PcmSpec:
    nothing, parameters = _split(rest, ("rate", "channels", "format"))
    if nothing:
        raise PermanentSourceError(
            f"cannot understand {nothing!r} after -; parameters look like -?rate=48000"
        )
    return _pcm_spec(None, parameters)


def _pcm(rest: str) -> PcmSpec:
    path, parameters = _split(rest, ("rate", "channels", "format"))
    if not path:
        raise PermanentSourceError(
            "pcm: needs a path, as in pcm:/run/audio.fifo?rate=48000&channels=2&format=s16le"
        )
    return _pcm_spec(None if path == "-" else Path(path), parameters)


def _pcm_spec(path: Path | None, parameters: dict[str, str]) -> PcmSpec:
    pcm_format = parameters.get("format", "s16le")
    for known in PCM_FORMATS:
        if known == pcm_format:
            rate_hz = _number("rate", parameters.get("rate", "48000"), MIN_RATE_HZ, MAX_RATE_HZ)
            return PcmSpec(
                path, rate_hz, _number("channels", parameters.get("channels", "2"), 1, MAX_CHANNELS), known
            )
    raise PermanentSourceError(f"format={pcm_format!r} is not known; allowed: {', '.join(PCM_FORMATS)}")


def _split(rest: str, allowed: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Take the trailing "?key=value&…" apart; a question mark not followed by one belongs to the name."""
    name, mark, query = rest.rpartition("?")
    if not mark or not re.match(r"\w+=", query):
        return rest, {}
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key not in allowed:
            raise PermanentSourceError(f"unknown parameter {key!r} in {query!r}; allowed: {_listed(allowed)}")
        if key in parameters:
            raise PermanentSourceError(f"parameter {key!r} is given twice in {query!r}")
        parameters[key] = value
    return name, parameters


def _listed(allowed: tuple[str, ...]) -> str:
    return ", ".join(allowed) or "none"


def _channel_list(text: str) -> tuple[int, ...]:
    channels = tuple(_number("channels", part, 1, MAX_CHANNELS) for part in text.split(","))
    if len(set(channels)) != len(channels):
        raise PermanentSourceError(f"channels={text!r} names a channel twice")
    return channels


def _number(key: str, text: str, low: int, high: int) -> int:
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    raise PermanentSourceError(f"{key}={text!r} is out of range; allowed: whole numbers from {low} to {high}")


_BARE: dict[str, Callable[[str], SourceSpec]] = {
    "-": _standard_input,
    "mic": _microphone,
    "monitor": _monitor,
}
_PREFIXED: dict[str, Callable[[str], SourceSpec]] = {
    "mic": _microphone,
    "monitor": _monitor,
    "pcm": _pcm,
    "file": _file,
}
