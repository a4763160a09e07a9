"""Damage to what a station sends: to the sound, to the titles within it, and to the words before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from tests.support.mutation import mutant
from tests.support.stream_server import Answer

STATION_KINDS = ("mp3", "stereo.mp3", "aac", "vorbis.ogg", "flac.ogg", "opus", "flac", "webm", "ts")
CONTENT_TYPES = (
    "audio/mpeg",
    "audio/aac",
    "audio/aacp",
    "application/ogg",
    "audio/flac",
    "text/html",
    "x" * 500,
)
TITLES = ("Artist - Title", "Grüße", "a'b;c='d'", "\x00\xff", "StreamTitle='", "", "x" * 4000)


@dataclass(frozen=True, slots=True)
class StreamMutant:
    """One station."""

    path: str
    """Of its address, without a slash."""
    answer: Answer
    story: str


def stream_mutant(seed: int, samples: Mapping[str, bytes]) -> StreamMutant:
    """Return the station that the seed names: some seconds of sound, damaged in one or several ways."""
    rng = np.random.default_rng([seed, 1])
    stations = {kind: samples[kind] * 3 for kind in STATION_KINDS if kind in samples}
    made = mutant(seed, stations)
    body = made.content if rng.random() < 0.7 else stations[made.suffix]
    story = [made.story if body is made.content else f"{made.suffix} as it is"]
    head = {"Content-Type": str(rng.choice(CONTENT_TYPES))}
    for change in (_with_titles, _with_a_length, _in_chunks):
        if rng.random() < 0.4:
            body = change(body, head, rng)
            story.append(change.__name__.removeprefix("_").replace("_", " "))
    if rng.random() < 0.3:
        body = body[: int(rng.integers(len(body) + 1))]
        story.append("cut")
    words = _head(head, rng)
    reset = bool(rng.random() < 0.2)
    answer = Answer(words + body, int(rng.choice([700, 4096, 65_536])), reset)
    return StreamMutant(f"{seed}.{made.suffix}", answer, ", ".join([*story, *["reset"] * reset]))


def _with_titles(body: bytes, head: dict[str, str], rng: Generator) -> bytes:
    """ICY blocks at the interval announced, or at another."""
    interval = int(rng.choice([1, 255, 4096, 16_000]))
    announced: list[object] = [interval, interval, interval, interval + 1, 0, -1, 10**12, "many"]
    head["icy-metaint"] = str(announced[int(rng.integers(len(announced)))])
    if interval == 1:
        body = body[:3000]
    pieces = [body[at : at + interval] for at in range(0, len(body), interval)]
    return b"".join(piece + _icy_block(rng) for piece in pieces)


def _icy_block(rng: Generator) -> bytes:
    if rng.random() < 0.5:
        return b"\0"
    if rng.random() < 0.2:
        return rng.bytes(200)
    words = f"StreamTitle='{rng.choice(TITLES)}';".encode(("utf-8", "latin-1")[int(rng.integers(2))])[:4080]
    return bytes([-(-len(words) // 16)]) + words.ljust(-(-len(words) // 16) * 16, b"\0")


def _with_a_length(body: bytes, head: dict[str, str], rng: Generator) -> bytes:
    lengths: list[object] = [len(body), 0, len(body) // 2, len(body) * 2, -1, 10**18, "long"]
    head["Content-Length"] = str(lengths[int(rng.integers(len(lengths)))])
    return body


def _in_chunks(body: bytes, head: dict[str, str], rng: Generator) -> bytes:
    head["Transfer-Encoding"] = "chunked"
    pieces: list[bytes] = []
    for at in range(0, len(body), 5000):
        piece = body[at : at + 5000]
        size = (
            f"{len(piece):x}"
            if rng.random() < 0.97
            else str(rng.choice(["0", "-5", "zz", "ffffffffffff", ""]))
        )
        pieces.append(size.encode() + b"\r\n" + piece + b"\r\n")
    return b"".join([*pieces, b"0\r\n\r\n" * int(rng.integers(2))])


def _head(head: dict[str, str], rng: Generator) -> bytes:
    starts = ["HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "ICY 200 OK"] * 5 + [
        "HTTP/9.9 200 OK",
        "HTTP/1.1 2000",
        "",
    ]
    lines = [starts[int(rng.integers(len(starts)))], *(f"{key}: {value}" for key, value in head.items())]
    if rng.random() < 0.1:
        lines.append(rng.bytes(300).decode("latin-1").replace("\n", " "))
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
