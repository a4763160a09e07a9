from __future__ import annotations

import re

import pytest

from streamgenre.classify.model_card import read_card
from streamgenre.errors import ModelError
from tests.support.tiny_model import (
    BANDS,
    FRAME_CONTEXT,
    FRAMES,
    FRONT_END,
    HEADS,
    write_tiny_model,
    write_tiny_stream_model,
)


@pytest.fixture
def folder(tmp_path):
    return write_tiny_model(tmp_path / "tiny")


def test_a_card_is_read_back_as_it_was_written(folder):
    card = read_card(folder)
    assert card.name == "tiny"
    assert card.front_end == FRONT_END
    assert card.front_end.window_frames == FRAMES
    assert card.front_end.frames.bands == BANDS
    assert {head.output: head.labels for head in card.heads} == HEADS
    assert card.tolerance == dict.fromkeys(HEADS, 1e-5)


def test_a_frame_context_is_read_back_and_may_be_absent(folder, tmp_path):
    assert read_card(folder).frame_context is None
    assert read_card(write_tiny_stream_model(tmp_path / "stream")).frame_context == FRAME_CONTEXT


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("width = 3", "", r"frame_context\.width: expected a whole number from 1 to 100000, found nothing"),
        ("width = 3", "width = 0", r"frame_context\.width: expected a whole number from 1 .* found 0"),
        ("width = 3", "width = 3\nafter = 2", r"frame_context\.after: unknown key; known: output, input"),
        ('output = "values"', "output = 1", r"frame_context\.output: expected text, found 1"),
        ("new_frames =", "newframes =", r"frame_context\.new_frames: .*perhaps newframes is meant"),
    ],
)
def test_a_frame_context_that_does_not_fit_is_named(tmp_path, old, new, told):
    path = write_tiny_stream_model(tmp_path / "stream") / "card.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ModelError, match=told) as caught:
        read_card(path.parent)
    assert caught.value.exit_code == 5


def test_a_card_without_loudness_hears_the_level_as_it_is(folder):
    text = (folder / "card.toml").read_text()
    (folder / "card.toml").write_text(re.sub(r"\[front_end\.loudness\].*?\n\n", "", text, flags=re.DOTALL))
    assert read_card(folder).front_end.loudness is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "tiny"', "", r"name: expected text, found nothing"),
        ('name = "tiny"', "name = 3", r"name: expected text, found 3"),
        ('name = "tiny"', 'name = "../tiny"', r"name: expected lower-case letters.* found '\.\./tiny'"),
        ('licence = "MIT"', 'license = "MIT"', r"licence: .*perhaps license is meant"),
        ('version = "1"', 'version = "1"\nvresion = "2"', r"vresion: unknown key; did you mean version\?"),
        ("card = 1", "card = 2", r"card: expected format 1, .* found 2; update streamgenre"),
        (
            "target_dbfs = -20.0",
            "target_dbfs = nan",
            r"target_dbfs: expected a number from -60 to 0, found nan",
        ),
        ("min_gain_db = -20.0", "min_gain_db = 900", r"loudness\.min_gain_db: expected .* to 0, found 900"),
        (
            "time_constant_seconds = 10.0",
            "time_constant_seconds = 0",
            r"time_constant_seconds: .* 0\.1 to 600",
        ),
        ("n_fft = 256", "n_fft = 257", r"front_end\.log_mel\.n_fft: expected a power of two, found 257"),
        ("n_fft = 256", "n_fft = true", r"n_fft: expected a whole number from 64 to 8192, found True"),
        (
            "fmin_hz = 0.0",
            "fmin_hz = 4000",
            r"log_mel\.fmin_hz: expected a number below fmax_hz, 4000, found",
        ),
        ("fmin_hz = 0.0", "fmin_hz = 3e3\nfmax_hz = 2e3", r"fmin_hz: .* below fmax_hz, 2000, found 3000\.0"),
        ("hop_samples = 128", "hop_samples = 0", r"hop_samples: expected a whole number from 1 to 256"),
        ('"slaney"\nmel_norm', '"bark"\nmel_norm', r"mel_scale: expected one of slaney, htk, found 'bark'"),
        ("target_dbfs = -20.0", "target_dbfs = 3", r"loudness\.target_dbfs: expected a number from -60 to 0"),
        ('"music", "speech", "noise"', '"speech", "music", "noise"', r"labels\.gate: expected \['music'"),
        ('"jazz", "rock"', '"Jazz", "rock"', r"labels\.genre: expected labels in lower case"),
        (
            '"jazz", "rock"',
            '"rock", "rock"',
            r"labels\.genre: expected at least one label, each once, found 'rock'",
        ),
        ('"guitar", "piano"', '"Piano", " piano"', r"labels\.tags: .* each once, found 'piano'"),
        ('"guitar", "piano"', '"", "piano"', r"labels\.tags: .* each once, found ''"),
        ('"jazz", "rock"', '"jazz", 1', r"labels\.genre: expected a list of texts"),
        ('file = "model.onnx"', 'file = "../model.onnx"', r"graph\.file: .*beside the card"),
        ("sha256 = ", 'sha256 = "abc" # ', r"graph\.sha256: expected 64 hexadecimal digits"),
        ("[labels]", "labels = 3\n[other]", r"labels"),
        ("card = 1", "card = = 1", r"not valid TOML"),
    ],
)
def test_what_does_not_fit_is_named_with_file_and_key(folder, old, new, told):
    path = folder / "card.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=told) as caught:
        read_card(folder)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 5
    assert "\n" not in str(caught.value)


def test_a_card_of_no_heads_is_refused(folder):
    path = folder / "card.toml"
    path.write_text(re.sub(r"^(genre|tags) = \".*\n", "", path.read_text(), flags=re.MULTILINE))
    with pytest.raises(ModelError, match=r"graph\.genre: expected the name of an output"):
        read_card(folder)


def test_a_missing_card_says_what_a_model_is(tmp_path):
    with pytest.raises(
        ModelError, match=r"card\.toml: cannot read .* folder with model\.onnx and card\.toml"
    ):
        read_card(tmp_path)


def test_a_card_that_is_not_text_is_refused(folder):
    (folder / "card.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="not valid TOML"):
        read_card(folder)
