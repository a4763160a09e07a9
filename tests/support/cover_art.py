"""Files that carry more than sound: tags with a picture, a film with a sound track."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import av
import numpy as np

from tests.support.sounds import Float32


def png(width: int = 16, height: int = 16) -> bytes:
    """Return a grey picture."""
    rows = (b"\0" + b"\x80" * width) * height
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def id3_tag(title: str) -> bytes:
    """Return an ID3v2.3 tag with a title and a front cover, to stand before the frames of an MP3."""
    frames = _id3_frame(b"TIT2", b"\x01" + title.encode("utf-16"))
    frames += _id3_frame(b"APIC", b"\0image/png\0\x03\0" + png())
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frames


def _id3_frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def write_film(path: Path, sound: Float32, rate_hz: int, frames_a_second: int = 10) -> Path:
    """Encode MPEG-4 video of grey noise with (samples, 1) float32 as its AAC sound track."""
    rng = np.random.default_rng(0)
    with av.open(path, "w", options={"fflags": "bitexact"}) as container:
        picture = container.add_stream("mpeg4", rate=frames_a_second)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream("aac", rate=rate_hz, layout="mono")
        for _ in range(len(sound) * frames_a_second // rate_hz):
            pixels = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(picture.encode(None))
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), format="fltp", layout="mono")
        block.sample_rate = rate_hz
        container.mux(track.encode(block))
        container.mux(track.encode(None))
    return path
