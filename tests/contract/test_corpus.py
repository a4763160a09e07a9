"""Whatever file is given, the answer is the truth or one clear error; never a traceback, never a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import streamgenre
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.registry import load_genre_model
from streamgenre.errors import PermanentSourceError
from tests.support.corpus import OddFile, write_corpus
from tests.support.program import run


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return load_genre_model("genre")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> tuple[OddFile, ...]:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


def verdict_of(path: Path, model: OnnxModel) -> str:
    """Return error, too short, silence or heard, having held the file to what is true of any answer."""
    try:
        found = streamgenre.classify(path, model=model)
    except PermanentSourceError as error:
        return "error" if 20 < len(str(error)) < 400 and "\n" not in str(error) else f"unclear: {error}"
    assert found.seconds >= 0
    assert (found.genre is None) or (found.status == "music" and found.top[0].label == found.genre)
    assert found.confidence is None or 0 <= found.confidence <= 1
    if found.seconds < 1.0:
        assert (found.status, found.genre, found.reason) == ("unknown", None, "too short")
        return "too short"
    assert found.status in {"music", "speech", "noise", "unknown", "silence"}
    return "silence" if found.status == "silence" else "heard"


def unexpected(corpus: tuple[OddFile, ...], model: OnnxModel) -> dict[str, tuple[str, str]]:
    found = {odd: verdict_of(odd.path, model) for odd in corpus}
    return {
        odd.name: (odd.expectation, verdict)
        for odd, verdict in found.items()
        if odd.expectation not in {"any", verdict}
    }


def test_each_odd_file_gets_the_truth_or_an_error(corpus, model):
    assert len({odd.name for odd in corpus}) == len(corpus) > 90
    assert unexpected(corpus, model) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_other_noise_and_hundreds_of_other_cuts_are_borne_as_well(seed, tmp_path, model):
    assert unexpected(write_corpus(tmp_path, seed, truncations=60), model) == {}


def test_a_folder_of_them_is_one_row_each_and_the_good_ones_are_done(corpus):
    folder = corpus[0].path.parent
    done = run("classify", folder, "--format", "json", "--jobs", "2")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    rows = {Path(row["path"]).name: row for row in json.loads(done.stdout)}
    for odd in corpus:
        if odd.path.is_file() and odd.expectation in {"error", "heard"}:
            assert (rows[odd.path.name]["error"] is not None) == (odd.expectation == "error"), odd.name


def test_the_corpus_is_the_same_on_every_run(corpus, tmp_path):
    for first, second in zip(corpus, write_corpus(tmp_path), strict=True):
        assert (first.name, first.expectation) == (second.name, second.expectation)
        if first.path.is_file():
            assert first.path.stat().st_size == second.path.stat().st_size, first.name
        if first.path.suffix == ".mp3":
            assert first.path.read_bytes() == second.path.read_bytes(), first.name
