"""What a decoding says to its receiver through its pipe: records of a kind, a length and a payload."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from streamgenre.capture.source_text import cut, printable
from streamgenre.capture.stations.title_text import tidy_title
from streamgenre.messages import AudioFormat, Float32

MOST_RATE_HZ = 1 << 22
MOST_CHANNELS = 1 << 12
MOST_SAMPLES_BYTES = 64 << 20
MOST_WORDS_BYTES = 1 << 20
MOST_LINES = 2
_HEADER = struct.Struct("<cI")
_CHANNELS = struct.Struct("<H")


class GarbledRecordError(Exception):
    """What came through the pipe is no record: whoever wrote it is not what it was."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The first frame is decoded."""

    format: AudioFormat
    title: str | None
    finite: bool
    """Whether the end is foreseeable."""
    codec: str = ""
    """As FFmpeg names it."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Samples that follow the ones before."""

    samples: Float32
    """(samples, channels) float32, full scale ±1.0."""


@dataclass(frozen=True, slots=True)
class Titled:
    """What the stream says is playing from here on."""

    title: str | None


@dataclass(frozen=True, slots=True)
class Damaged:
    """What has been found wrong with the input, from its beginning to here; replaces what was said before."""

    damage: str


@dataclass(frozen=True, slots=True)
class Worked:
    """What decoding took from its beginning to here."""

    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The last record of a stream read to its end."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The last record of a stream that broke."""

    message: str
    permanent: bool


Record = Opened | Decoded | Titled | Damaged | Worked | Ended | Failed


def write_record(pipe: BinaryIO, record: Record) -> None:
    """Write one record. Raises BrokenPipeError when nobody reads."""
    match record:
        case Decoded(samples):
            body = np.ascontiguousarray(samples, np.float32)
            pipe.write(_HEADER.pack(b"D", _CHANNELS.size + body.nbytes))
            pipe.write(_CHANNELS.pack(body.shape[1]))
            pipe.write(body.data)
        case Opened(audio_format, title, finite, codec):
            fields: list[object] = [audio_format.sample_rate_hz, audio_format.channels, title, finite, codec]
            _write_json(pipe, b"O", fields)
        case Titled(title):
            _write_json(pipe, b"T", [title])
        case Damaged(damage):
            _write_json(pipe, b"X", [damage])
        case Worked(cpu_seconds):
            _write_json(pipe, b"W", [cpu_seconds])
        case Ended():
            _write_json(pipe, b"E", [])
        case Failed(message, permanent):
            _write_json(pipe, b"F", [message, permanent])
    pipe.flush()


def read_record(pipe: BinaryIO) -> Record | None:
    """Read one record; None when the other side is gone. Raises GarbledRecordError.

    The other side reads what strangers send: what it says is believed within bounds only.
    """
    header = pipe.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, length = _HEADER.unpack(header)
    if length > (MOST_SAMPLES_BYTES if kind == b"D" else MOST_WORDS_BYTES):
        raise GarbledRecordError
    payload = pipe.read(length)
    if len(payload) < length:
        return None
    try:
        return _samples(payload) if kind == b"D" else _words(kind, json.loads(payload))
    except (ValueError, TypeError, KeyError, RecursionError, struct.error):
        raise GarbledRecordError from None


def _samples(payload: bytes) -> Decoded:
    channels = _CHANNELS.unpack_from(payload)[0]
    return Decoded(np.frombuffer(payload, np.float32, offset=_CHANNELS.size).reshape(-1, channels))


def _words(kind: bytes, fields: list[Any]) -> Record:
    match kind, fields:
        case b"O", [int(rate_hz), int(channels), None | str() as title, bool(finite), str(codec)] if (
            0 < rate_hz <= MOST_RATE_HZ and 0 < channels <= MOST_CHANNELS
        ):
            return Opened(AudioFormat(rate_hz, channels), tidy_title(title or ""), finite, _told(codec))
        case b"T", [None | str() as title]:
            return Titled(tidy_title(title or ""))
        case b"X", [str(damage)]:
            return Damaged(_told(damage))
        case b"W", [float(cpu_seconds)] if 0.0 <= cpu_seconds < math.inf:
            return Worked(cpu_seconds)
        case b"E", []:
            return Ended()
        case b"F", [str(message), bool(permanent)]:
            return Failed(_told(message), permanent)
        case _:
            raise ValueError


def _told(text: str) -> str:
    return "\n".join(cut(printable(line)) for line in text.split("\n")[:MOST_LINES])


def _write_json(pipe: BinaryIO, kind: bytes, fields: list[object]) -> None:
    payload = json.dumps(fields).encode()
    pipe.write(_HEADER.pack(kind, len(payload)))
    pipe.write(payload)
