"""Odd files that people and fuzzers hand to a program that reads audio; the same sound on every run.

Only what libraries add of their own differs: serial numbers in Ogg, the time of day in floating-point WAV.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from tests.support.audio_files import write_encoded, write_flac, write_wav
from tests.support.cover_art import id3_tag, write_film
from tests.support.sounds import Float32, hiss, silence, tune
from tests.support.wav import IEEE_FLOAT, PCM, Header, wav_bytes

Expectation = Literal["error", "too short", "silence", "heard", "any"]
RATE_HZ = 22_050
SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class OddFile:
    """One file, and what may be said of it."""

    name: str
    """What is odd about it; unique."""
    path: Path
    expectation: Expectation
    """error: it cannot be read, and that is said. too short, silence: read, and that is its status.
    heard: read, with any status but `no_signal`. any: an error or a status, but no traceback."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where the files are made, and the chance they are made with."""

    folder: Path
    rng: np.random.Generator
    truncations: int
    """How many cut copies are made of each format."""

    def file(self, name: str, suffix: str, content: bytes, expectation: Expectation) -> OddFile:
        path = self.folder / f"{name}{suffix}"
        path.write_bytes(content)
        return OddFile(name, path, expectation)

    def sound(
        self,
        name: str,
        samples: Float32,
        expectation: Expectation,
        subtype: str = "PCM_16",
        rate_hz: int = RATE_HZ,
    ) -> OddFile:
        path = write_wav(self.folder / f"{name}.wav", samples, rate_hz, subtype)
        return OddFile(name, path, expectation)


def write_corpus(folder: Path, seed: int = 0, truncations: int = 4) -> tuple[OddFile, ...]:
    """Fill an empty folder. Another seed gives other noise, other cuts and other damage."""
    shop = Workshop(folder, np.random.default_rng(seed), truncations)
    parts = (not_audio, lying_headers, encodings, contents, lengths, whole_and_cut, damaged, names)
    return tuple(odd for part in parts for odd in part(shop))


def not_audio(shop: Workshop) -> Iterator[OddFile]:
    yield shop.file("empty", ".wav", b"", "error")
    yield shop.file("one byte", ".mp3", b"R", "error")
    yield shop.file("text", ".flac", b"These are words, and nothing else.\n" * 200, "error")
    for number in range(3):
        yield shop.file(f"random bytes {number}", ".mp3", shop.rng.bytes(50_000), "any")
    yield shop.file("zero bytes", ".ogg", bytes(50_000), "any")


def lying_headers(shop: Workshop) -> Iterator[OddFile]:
    data = (tune(SECONDS, RATE_HZ) * 32767).astype("<i2").tobytes()
    lies = {
        "data size 0": Header(data_bytes=0),
        "data size of a stream": Header(data_bytes=0xFFFFFFFF, riff_bytes=0xFFFFFFFF),
        "data size odd": Header(data_bytes=len(data) - 1),
        "data size too great": Header(data_bytes=len(data) * 10),
        "block align 3": Header(block_align=3),
        "block align 0": Header(block_align=0),
        "no channels": Header(channels=0),
        "65535 channels": Header(channels=65535),
        "0 Hz": Header(rate_hz=0),
        "4 GHz": Header(rate_hz=0xFFFFFFFF),
        "no bits": Header(bits=0),
        "17 bits": Header(bits=17),
        "unknown format": Header(format_tag=0x4242),
        "float of 16 bits": Header(format_tag=IEEE_FLOAT, bits=16),
    }
    for name, header in lies.items():
        yield shop.file(f"header of {name}", ".wav", wav_bytes(data, header), "any")
    yield shop.file("header of 1 Hz", ".wav", wav_bytes(data[:60], Header(rate_hz=1)), "error")
    yield shop.file("no samples", ".wav", wav_bytes(b"", Header(PCM)), "any")


def encodings(shop: Workshop) -> Iterator[OddFile]:
    for rate_hz in (8_000, 44_100, 96_000, 192_000):
        yield shop.sound(f"{rate_hz} Hz", tune(SECONDS, rate_hz), "heard", rate_hz=rate_hz)
    yield shop.sound("8 channels", tune(SECONDS, RATE_HZ, channels=8), "heard")
    for subtype in ("PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW"):
        yield shop.sound(f"as {subtype}", tune(SECONDS, RATE_HZ), "heard", subtype)


def contents(shop: Workshop) -> Iterator[OddFile]:
    song = tune(SECONDS, RATE_HZ)
    broken = song.copy()
    broken[shop.rng.integers(0, len(song), 500)] = np.nan
    broken[shop.rng.integers(0, len(song), 500)] = np.inf
    huge = song.copy()
    huge[shop.rng.integers(0, len(song), 50)] = 1e30
    nothing_finite = np.full_like(song, np.nan)
    yield shop.sound("NaN and infinity", broken, "heard", "FLOAT")
    yield shop.sound("samples of 1e30", huge, "heard", "FLOAT")
    yield shop.sound("nothing finite", nothing_finite, "silence", "FLOAT")
    yield shop.sound("digital silence", silence(SECONDS, RATE_HZ), "silence")
    yield shop.sound("faint hiss", hiss(SECONDS, RATE_HZ, 1e-4), "silence", "FLOAT")
    yield shop.sound("constant offset", np.full_like(song, 0.5), "heard")
    yield shop.sound("tune on an offset", song * 0.5 + 0.4, "heard")
    yield shop.sound("clipped to a square", np.sign(song), "heard")
    yield shop.sound("white noise", hiss(SECONDS, RATE_HZ), "heard")


def lengths(shop: Workshop) -> Iterator[OddFile]:
    for samples in (1, 2, RATE_HZ // 10, RATE_HZ - RATE_HZ // 1000):
        yield shop.sound(f"{samples} samples", tune(1.0, RATE_HZ)[:samples], "too short")
    yield shop.sound("a moment of silence", silence(0.5, RATE_HZ), "too short")
    for samples in (RATE_HZ, RATE_HZ + 1, RATE_HZ * 29 // 10):
        yield shop.sound(f"{samples} samples", tune(3.0, RATE_HZ)[:samples], "heard")


def whole_and_cut(shop: Workshop) -> Iterator[OddFile]:
    """Each format whole, and cut within its header, anywhere, and just before its end."""
    for whole in whole_files(shop.folder):
        yield OddFile(f"whole {whole.suffix[1:]}", whole, "heard")
        content = whole.read_bytes()
        anywhere = shop.rng.integers(64, len(content) - 8, shop.truncations)
        for cut in sorted({12, 40, len(content) - 1, *map(int, anywhere)}):
            yield shop.file(f"{whole.suffix[1:]} cut at {cut}", whole.suffix, content[:cut], "any")


def whole_files(folder: Path) -> Iterator[Path]:
    song = tune(SECONDS, RATE_HZ)
    yield write_wav(folder / "whole.wav", song, RATE_HZ)
    yield write_flac(folder / "whole.flac", song, RATE_HZ)
    for suffix in ("mp3", "ogg", "m4a"):
        yield write_encoded(folder / f"whole.{suffix}", song, RATE_HZ)
    yield write_encoded(folder / "whole.opus", tune(SECONDS, 48_000), 48_000)


def damaged(shop: Workshop) -> Iterator[OddFile]:
    for suffix in ("mp3", "flac", "ogg"):
        content = bytearray((shop.folder / f"whole.{suffix}").read_bytes())
        third = len(content) // 3
        content[third : 2 * third] = shop.rng.bytes(third)
        yield shop.file(f"garbage in the middle of {suffix}", f".{suffix}", bytes(content), "any")
    mp3 = (shop.folder / "whole.mp3").read_bytes()
    yield shop.file("tags and a cover", ".mp3", id3_tag("Grüße 曲") + mp3, "heard")
    yield shop.file("mp3 called wav", ".wav", mp3, "heard")
    film = write_film(shop.folder / "film.mp4", tune(SECONDS, RATE_HZ), RATE_HZ)
    yield OddFile("film with sound", film, "heard")


def names(shop: Workshop) -> Iterator[OddFile]:
    content = wav_bytes((tune(SECONDS, RATE_HZ) * 32767).astype("<i2").tobytes(), Header())
    for name in ("Grüße aus Köln – 曲", "two  spaces & 'quotes' $HOME", "line\nbreak", "-starts with a dash"):
        yield shop.file(name, ".wav", content, "heard")
    folder = shop.folder / "a folder.wav"
    folder.mkdir()
    yield OddFile("a folder", folder, "error")
    loop = shop.folder / "loop.wav"
    loop.symlink_to(loop.name)
    yield OddFile("a link to itself", loop, "error")
    yield OddFile("missing", shop.folder / "missing.wav", "error")
    locked = shop.file("unreadable", ".wav", content, "heard" if os.geteuid() == 0 else "error")
    locked.path.chmod(0)  # root may read it all the same
    yield locked
