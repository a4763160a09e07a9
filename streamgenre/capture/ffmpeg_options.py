"""What FFmpeg may open for us, and how long it may wait: the options every input is opened with.

It knows lists, devices and pictures as well as sound; where sound was asked for, it may read that alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from streamgenre.capture.stations.trust import authorities_file

STALL_TIMEOUT_SECONDS = 3
LISTS = frozenset(
    {"concat", "dash", "hls", "image2", "imf", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"}
)
"""Demuxers that open what their input names: other files, addresses, even themselves, without end."""
DEVICES = frozenset(
    {
        "alsa",
        "android_camera",
        "fbdev",
        "iec61883",
        "jack",
        "kmsgrab",
        "lavfi",
        "libcdio",
        "libdc1394",
        "openal",
        "oss",
        "pulse",
        "sndio",
        "v4l2",
        "video4linux2",
        "x11grab",
        "xcbgrab",
    }
)
SEGMENTED = frozenset({"hls", "dash"})
"""Lists that stations are made of; their segments may come over HTTP only."""
_RTSP_PROTOCOLS = "rtp,tcp,tls,udp"
_WEB_PROTOCOLS = "http,https,httpproxy,tcp,tls,crypto,data"
_SOON_MICROSECONDS = "500000"
"""How far FFmpeg looks ahead in a station: at 5 s, its own choice, it is heard after as many seconds."""

Options = dict[str, str]


def only_sound(formats: Iterable[str], audio_decoders: Iterable[str]) -> Options:
    """Allow what holds sound itself, of all `formats`, and the decoders for it: no pictures, no lists."""
    return {
        "format_whitelist": ",".join(sorted(set(formats) - LISTS - DEVICES)),
        "codec_whitelist": ",".join(sorted(audio_decoders)),
    }


def file_options(sound: Options) -> Options:
    """For a file of this machine."""
    return sound | {"protocol_whitelist": "file"}


def body_options(sound: Options) -> Options:
    """For bytes that somebody else fetches: it must open nothing."""
    return sound | {"protocol_whitelist": "data", "analyzeduration": _SOON_MICROSECONDS}


def web_options(url: str, sound: Options) -> Options:
    """For an address FFmpeg asks itself: a file on a server, or segments and their list."""
    return (
        sound
        | _secured(url)
        | {
            "format_whitelist": ",".join([sound["format_whitelist"], *sorted(SEGMENTED)]),
            "rw_timeout": str(STALL_TIMEOUT_SECONDS * 1_000_000),
            "user_agent": "streamgenre",
            "protocol_whitelist": _WEB_PROTOCOLS,
        }
    )


def rtsp_options(url: str, sound: Options, transport: str) -> Options:
    """For a camera or encoder; transport: tcp or udp."""
    return (
        _secured(url)
        | {"codec_whitelist": sound["codec_whitelist"], "protocol_whitelist": _RTSP_PROTOCOLS}
        | {"rtsp_transport": transport, "timeout": str(STALL_TIMEOUT_SECONDS * 1_000_000)}
    )


def _secured(url: str) -> Options:
    """FFmpeg trusts everybody unless it is told not to."""
    encrypted = url.lower().startswith(("https", "rtsps"))
    return {"tls_verify": "1", "ca_file": authorities_file()} if encrypted else {}
