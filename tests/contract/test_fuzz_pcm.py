"""Bytes that are no sound, given as raw PCM: every number that comes out is one."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from streamgenre.capture.open_source import open_source
from streamgenre.capture.sample_format import PCM_BYTES
from tests.support.hearing import hear
from tests.support.program import run


def write_in_pieces(fifo: Path, content: bytes, rng: np.random.Generator) -> None:
    with fifo.open("wb", buffering=0) as pipe:
        while content:
            size = int(rng.integers(1, 9000))
            pipe.write(content[:size])
            content = content[size:]


def refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize("pcm_format", PCM_BYTES)
@pytest.mark.parametrize("seed", range(6))
def test_random_bytes_through_a_fifo_lose_no_sample(pcm_format, seed, tmp_path):
    rng = np.random.default_rng(seed)
    rate_hz = int(rng.choice([1000, 8000, 44_100, 192_000, 384_000]))
    channels = int(rng.choice([1, 2, 3, 8, 64]))
    sample_bytes = PCM_BYTES[pcm_format] * channels
    content = rng.bytes(int(rng.integers(1, 300_000)))
    fifo = tmp_path / "sound.fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=write_in_pieces, args=(fifo, content, rng), daemon=True)
    writer.start()
    words = f"pcm:{fifo}?rate={rate_hz}&channels={channels}&format={pcm_format}"
    heard = hear(lambda: open_source(words, paced=False))
    writer.join()
    assert heard.verdict == "heard"
    assert heard.seconds == len(content) // sample_bytes / rate_hz
    assert bool(heard.damage) == bool(len(content) % sample_bytes)


@pytest.mark.parametrize("pcm_format", PCM_BYTES)
def test_random_bytes_on_stdin_end_in_order_and_in_finite_numbers(pcm_format):
    content = np.random.default_rng(1).bytes(400_001)
    done = run(
        "listen",
        f"-?rate=16000&channels=2&format={pcm_format}",
        "--json",
        "--as-fast-as-possible",
        stdin=content,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    lines = [json.loads(line, parse_constant=refused) for line in done.stdout.splitlines()]
    accounts = lines[-1]["accounts"]
    assert accounts["captured"] == len(content) // (2 * PCM_BYTES[pcm_format])
    assert accounts["captured"] == accounts["analysed"] + sum(accounts["skipped"].values()) + accounts["lost"]
