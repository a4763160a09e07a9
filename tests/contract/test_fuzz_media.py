"""Thousands of damaged files and streams: each gives sound and an end, or one clear error, and nothing else.

A failure names its seed: `python -m tests.support.mutant_hearing files SEED 1` hears it again (or `streams`),
`write SEED FOLDER` writes the file. They are heard in child processes, for a crash in FFmpeg would otherwise
end the test. Memory is compared between half and end of a child's work, when every kind of decoder was used
and what can be given back has been; over 1,000 files the allowance is 8 KiB a file.
"""

from __future__ import annotations

import pytest

from tests.support.media_samples import KINDS, media_samples
from tests.support.mutant_batch import hear_mutants
from tests.support.mutation import mutant

WANDERING_BYTES = {"files": 8 * 2**20, "streams": 16 * 2**20}
"""Allocators keep some. Each stream has a ring of ten seconds, up to 4 MiB: a few kept would be seen."""
LIMIT_SECONDS = {"files": 20.0, "streams": 60.0}
"""A server that stalls is given up after some seconds, and none of these needs it."""
LEAST_HEARD = {"files": 0.4, "streams": 0.15}
"""Share of the mutants, so that damage does not merely fall at the first check."""


def assert_bearable(kind: str, first: int, count: int) -> None:
    batch = hear_mutants(kind, first, count, LIMIT_SECONDS[kind])
    assert batch.findings == []
    assert len(batch.results) == count
    heard = sum(told["audio_seconds"] > 0 for told in batch.results.values())
    assert LEAST_HEARD[kind] * count < heard < count
    half, end = batch.held[-2:]
    for what in ("resident_bytes", "decoders_bytes"):
        assert end[what] - half[what] < WANDERING_BYTES[kind], what
    for what in ("descriptors", "threads", "decoders"):
        assert end[what] <= half[what], what


def test_a_seed_names_the_same_damage_every_time():
    samples = media_samples()
    assert len(samples) > len(KINDS) * 0.8
    assert samples == media_samples()
    assert [mutant(seed, samples) for seed in range(20)] == [mutant(seed, samples) for seed in range(20)]
    assert len({mutant(seed, samples).content for seed in range(100)}) > 90


def test_damaged_files_are_heard_or_refused():
    assert_bearable("files", 0, 180)


def test_damaged_streams_are_heard_or_refused():
    assert_bearable("streams", 0, 20)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 7000, 2000))
def test_thousands_of_damaged_files_are_heard_or_refused(first):
    assert_bearable("files", first, 2000)


@pytest.mark.slow
@pytest.mark.parametrize("first", [1000, 2000])
def test_hundreds_of_damaged_streams_are_heard_or_refused(first):
    assert_bearable("streams", first, 150)
