"""A small sound file of every common kind, the same to the byte on every run: what the fuzz test mutates."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import av
import numpy as np

from tests.support.sounds import Float32, hiss, tune


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to write sound down."""

    name: str
    """Also the suffix of its files."""
    container: str
    """FFmpeg's name of the format."""
    codec: str
    rate_hz: int = 22_050
    channels: int = 1
    options: dict[str, str] = field(default_factory=dict[str, str])
    """Of the container."""


_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "300000"}
KINDS = (
    Kind("wav", "wav", "pcm_s16le"),
    Kind("float.wav", "wav", "pcm_f32le", 48_000, 2),
    Kind("24bit.wav", "wav", "pcm_s24le", 44_100, 6),
    Kind("adpcm.wav", "wav", "adpcm_ms"),
    Kind("ima.wav", "wav", "adpcm_ima_wav"),
    Kind("ulaw.au", "au", "pcm_mulaw", 8_000),
    Kind("au", "au", "pcm_s16be"),
    Kind("aiff", "aiff", "pcm_s16be", 44_100, 2),
    Kind("caf", "caf", "pcm_s16be"),
    Kind("alac.caf", "caf", "alac", 44_100, 2),
    Kind("w64", "w64", "pcm_s16le"),
    Kind("voc", "voc", "pcm_u8"),
    Kind("flac", "flac", "flac", 44_100, 2),
    Kind("wv", "wv", "wavpack", 44_100, 2),
    Kind("tta", "tta", "tta"),
    Kind("mp3", "mp3", "libmp3lame"),
    Kind("stereo.mp3", "mp3", "libmp3lame", 44_100, 2),
    Kind("mp2", "mp2", "mp2", 48_000, 2),
    Kind("ac3", "ac3", "ac3", 48_000, 6),
    Kind("eac3", "eac3", "eac3", 48_000, 2),
    Kind("aac", "adts", "aac", 44_100, 2),
    Kind("m4a", "ipod", "aac"),
    Kind("fragmented.mp4", "mp4", "aac", 44_100, 2, _FRAGMENTED),
    Kind("alac.m4a", "ipod", "alac"),
    Kind("latm", "latm", "aac"),
    Kind("ts", "mpegts", "aac", 44_100, 2),
    Kind("vorbis.ogg", "ogg", "vorbis", 44_100, 2),
    Kind("flac.ogg", "ogg", "flac"),
    Kind("opus", "ogg", "libopus", 48_000, 2),
    Kind("webm", "webm", "libopus", 48_000, 2),
    Kind("mka", "matroska", "flac"),
    Kind("mov", "mov", "pcm_s16le"),
    Kind("wma", "asf", "wmav2", 44_100, 2),
    Kind("wmav1.wma", "asf", "wmav1", 22_050, 2),
    Kind("avi", "avi", "mp2", 44_100, 2),
    Kind("flv", "flv", "aac", 44_100, 2),
    Kind("amr", "amr", "libopencore_amrnb", 8_000),
    Kind("g722", "g722", "g722", 16_000),
)
_PLAIN = {"flags": "+bitexact", "strict": "experimental"}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
SECONDS = 1.5


def media_samples() -> dict[str, bytes]:
    """Return a file of each kind by its name; a kind this FFmpeg cannot write is left out."""
    return {kind.name: written(kind) for kind in KINDS if _can_write(kind.codec)}


def written(kind: Kind, seconds: float = SECONDS) -> bytes:
    """Return plucked notes, then hiss, as a file of the kind."""
    melody = tune(seconds / 2, kind.rate_hz, channels=kind.channels)
    noise = np.repeat(hiss(seconds / 2, kind.rate_hz), kind.channels, axis=1)
    return encoded(np.concatenate([melody, noise]), kind)


def encoded(samples: Float32, kind: Kind) -> bytes:
    """Return (samples, channels) float32 as a file of the kind."""
    file = io.BytesIO()
    layout = LAYOUTS[kind.channels]
    options = {"fflags": "+bitexact", **kind.options}
    with av.open(file, "w", format=kind.container, options=options) as container:
        container.metadata["title"] = "A tune – Grüße"
        stream = container.add_stream(kind.codec, rate=kind.rate_hz, options=dict(_PLAIN), layout=layout)
        stream.bit_rate = 32_000 * kind.channels
        container.start_encoding()
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate = kind.rate_hz
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, layout, kind.rate_hz, context.frame_size or None)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux([packet for packet in stream.encode(None) if packet.size])  # FLAC ends with a note
    return file.getvalue()


def _can_write(codec: str) -> bool:
    try:
        av.codec.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True
