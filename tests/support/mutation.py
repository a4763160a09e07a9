"""Damage to media files: any seed names one damaged file, the same on every run with the same FFmpeg.

Some damage is aimed (fields behind the tags of headers, whole Ogg pages with their checksums set right
again), for blind damage mostly ends at the first checksum.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

MAX_BYTES = 2_000_000
HEADER_BYTES = 256
TAGS = (
    *(b"RIFF", b"fmt ", b"data", b"fact", b"FORM", b"COMM", b"SSND", b".snd", b"Creative", b"wvpk", b"TTA1"),
    *(b"desc", b"pakt", b"kuki", b"chan", b"fLaC", b"OggS", b"vorbis", b"OpusHead", b"Xing", b"Info", b"ID3"),
    *(b"mvhd", b"mdhd", b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"mp4a", b"alac", b"esds", b"elst"),
    *(b"moof", b"tfhd", b"tfdt", b"trun", b"mdat", b"avih", b"strh", b"strf", b"idx1", b"FLV", b"onMetaData"),
    *(b"\x1aE\xdf\xa3", b"\x18S\x80g", b"\x16T\xaek", b"\x1fC\xb6u", b"OpusTags", b"auds", b"#!AMR\n"),
)
"""What announces the fields of a header, in the formats of media_samples."""

Damage = Callable[[bytearray, Generator], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One damaged file."""

    seed: int
    suffix: str
    content: bytes
    story: str
    """What was done to which file."""

    @property
    def name(self) -> str:
        return f"mutant {self.seed}.{self.suffix}"


def mutant(seed: int, samples: Mapping[str, bytes]) -> Mutant:
    """Return the damaged file that the seed names."""
    rng = np.random.default_rng(seed)
    suffix = str(rng.choice(sorted(samples)))
    content = bytearray(samples[suffix])
    story = [suffix]
    if rng.random() < 0.1:
        other = str(rng.choice(sorted(samples)))
        join(content, samples[other], rng)
        story.append(f"joined with {other}")
    for _ in range(int(rng.integers(1, 4))):
        damage = DAMAGES[int(rng.integers(len(DAMAGES)))]
        damage(content, rng)
        story.append(damage.__name__.replace("_", " "))
    del content[MAX_BYTES:]
    if content.startswith(b"OggS") and rng.random() < 0.7:
        set_ogg_checksums(content)
        story.append("checksums set right")
    return Mutant(seed, suffix, bytes(content), ", ".join(story))


def flip_bits(content: bytearray, rng: Generator) -> None:
    for at in _places(content, rng, int(rng.integers(1, 30))):
        content[at] ^= 1 << int(rng.integers(8))


def flip_bits_of_the_header(content: bytearray, rng: Generator) -> None:
    header = bytearray(content[:HEADER_BYTES])
    flip_bits(header, rng)
    content[:HEADER_BYTES] = header


def overwrite_with_noise(content: bytearray, rng: Generator) -> None:
    first, last = _run(content, rng)
    content[first:last] = rng.bytes(last - first)


def overwrite_with_zeros(content: bytearray, rng: Generator) -> None:
    first, last = _run(content, rng)
    content[first:last] = bytes(last - first)


def overwrite_with_ones(content: bytearray, rng: Generator) -> None:
    first, last = _run(content, rng)
    content[first:last] = b"\xff" * (last - first)


def cut_a_run_out(content: bytearray, rng: Generator) -> None:
    first, last = _run(content, rng)
    del content[first:last]


def repeat_a_run(content: bytearray, rng: Generator) -> None:
    first, last = _run(content, rng)
    content[last:last] = content[first:last] * int(rng.integers(1, 20))


def insert_noise(content: bytearray, rng: Generator) -> None:
    at = int(rng.integers(len(content) + 1))
    content[at:at] = rng.bytes(int(rng.integers(1, 5000)))


def shuffle_blocks(content: bytearray, rng: Generator) -> None:
    size = int(rng.integers(16, 4096))
    blocks = [bytes(content[at : at + size]) for at in range(0, len(content), size)]
    kept = int(rng.integers(2))  # the header stays in its place, or does not
    order = rng.permutation(len(blocks) - kept) + kept if len(blocks) > kept else []
    content[:] = b"".join([*blocks[:kept], *(blocks[index] for index in order)])


def truncate(content: bytearray, rng: Generator) -> None:
    del content[int(rng.integers(len(content) + 1)) :]


def set_a_field_of_the_header(content: bytearray, rng: Generator) -> None:
    if len(content) > 8:
        _set_field(content, int(rng.integers(min(HEADER_BYTES, len(content) - 8))), rng)


def set_fields_behind_a_tag(content: bytearray, rng: Generator) -> None:
    """Lengths, rates and counts mostly stand in the 40 bytes around the name of their chunk."""
    found = [tag for tag in TAGS if tag in content]
    if not found:
        return
    tag = found[int(rng.integers(len(found)))]
    starts = _occurrences(content, tag)
    start = starts[int(rng.integers(len(starts)))]
    for _ in range(int(rng.integers(1, 4))):
        at = start + int(rng.integers(-4, 40))
        if 0 <= at <= len(content) - 8:
            _set_field(content, at, rng)


def join(content: bytearray, other: bytes, rng: Generator) -> None:
    """Put another file behind this one, before it, or in its middle."""
    at = int(rng.choice([0, len(content), int(rng.integers(len(content) + 1))]))
    content[at:at] = other


def set_ogg_checksums(content: bytearray) -> None:
    """Make each whole Ogg page one that a decoder believes."""
    for start in _occurrences(content, b"OggS"):
        head = content[start : start + 27]
        segments = content[start + 27 : start + 27 + head[26]] if len(head) == 27 else b""
        page = content[start : start + 27 + len(segments) + sum(segments)]
        if len(page) >= 27:
            page[22:26] = bytes(4)
            content[start + 22 : start + 26] = struct.pack("<I", _ogg_checksum(page))


DAMAGES: tuple[Damage, ...] = (
    *(flip_bits, flip_bits_of_the_header, overwrite_with_noise, overwrite_with_zeros, overwrite_with_ones),
    *(cut_a_run_out, repeat_a_run, insert_noise, shuffle_blocks, truncate),
    *(set_a_field_of_the_header, *[set_fields_behind_a_tag] * 3),
)


def _set_field(content: bytearray, at: int, rng: Generator) -> None:
    width = int(rng.choice([1, 2, 4, 8]))
    full = 1 << 8 * width
    extremes = (0, 1, 2, 3, 7, 255, 256, full - 1, full - 2, full >> 1, (full >> 1) - 1, full >> 4, 100_000)
    value = extremes[int(rng.integers(len(extremes)))] % full
    content[at : at + width] = value.to_bytes(width, "little" if rng.random() < 0.5 else "big")


def _places(content: bytearray, rng: Generator, count: int) -> list[int]:
    return [int(at) for at in rng.integers(len(content), size=count)] if content else []


def _run(content: bytearray, rng: Generator) -> tuple[int, int]:
    """Pick a stretch, short ones as likely as long ones."""
    first = int(rng.integers(len(content) + 1))
    length = int(2 ** rng.uniform(0, np.log2(max(2, len(content)))))
    return first, min(len(content), first + length)


def _occurrences(content: bytearray, tag: bytes) -> list[int]:
    starts: list[int] = []
    at = content.find(tag)
    while at >= 0:
        starts.append(at)
        at = content.find(tag, at + len(tag))
    return starts


def _ogg_checksum_table() -> list[int]:
    table: list[int] = []
    for value in range(256):
        register = value << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
        table.append(register & 0xFFFFFFFF)
    return table


_TABLE = _ogg_checksum_table()


def _ogg_checksum(page: bytearray) -> int:
    """CRC-32 of RFC 3533: polynomial 0x04c11db7, neither reflected nor inverted."""
    register = 0
    for byte in page:
        register = (register << 8 & 0xFFFFFFFF) ^ _TABLE[register >> 24 ^ byte]
    return register
