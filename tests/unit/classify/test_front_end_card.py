"""The three kinds of front end a card may ask for."""

from __future__ import annotations

import pytest

from streamgenre.classify.model_card import read_card
from streamgenre.errors import ModelError
from streamgenre.settings import FrontEndSettings, HandmadeSettings, LogMelSettings, LogSpectrogramSettings
from training.model_folder import ModelDescription, write_model_folder

SPECTROGRAM = FrontEndSettings(LogSpectrogramSettings(), 2952, loudness=None)
CHOSEN = HandmadeSettings(window_samples=661_500, columns=("rolloff_mean", "mfcc1_var", "chroma_stft_mean"))
LOUDNESS = """
[front_end.loudness]
target_dbfs = -20.0
time_constant_seconds = 10.0
gate_dbfs = -60.0
min_gain_db = -20.0
max_gain_db = 40.0
"""


def card_of(folder, frames, window_frames):
    description = ModelDescription(
        name="tiny",
        version="1",
        description="a card for tests",
        licence="MIT",
        provenance="made by the test",
        heads={"genre": ("jazz", "rock")},
        tolerance={},
        front_end=FrontEndSettings(frames, window_frames, loudness=None),
    )
    write_model_folder(folder, description, b"", {}, {})
    return folder / "card.toml"


@pytest.mark.parametrize(
    ("frames", "window_frames"),
    [(LogSpectrogramSettings(), 2952), (HandmadeSettings(), 1), (CHOSEN, 1), (LogMelSettings(), 126)],
)
def test_a_front_end_is_read_back_as_it_was_written(tmp_path, frames, window_frames):
    path = card_of(tmp_path, frames, window_frames)
    assert read_card(path.parent).front_end == FrontEndSettings(frames, window_frames, loudness=None)


@pytest.mark.parametrize(
    ("kind", "old", "new", "told"),
    [
        (
            "handmade",
            '"rolloff_mean"',
            '"roloff_mean"',
            r"handmade\.columns: expected features .* live, perhaps rolloff_mean, found 'roloff_mean'",
        ),
        (
            "handmade",
            '"rolloff_mean"',
            '"zzz"',
            r"columns: .* one of chroma_stft_mean, rms.*'zzz'",
        ),
        (
            "handmade",
            '"rolloff_mean"',
            '"mfcc21_mean"',
            r"columns: .*perhaps mfcc.*_mean, found 'mfcc21_",
        ),
        ("handmade", '"rolloff_mean"', '"mfcc1_var"', r"columns: expected at least one feature, each once"),
        ("handmade", "columns = [", "columns = [] # ", r"columns: expected at least one feature, each once"),
        ("handmade", "window_frames = 1", "window_frames = 2", r"window_frames: expected 1 with handmade"),
        ("handmade", "window_samples = 661500", "window_samples = 2047", r"number from 2048 to 2097152"),
        ("handmade", "n_fft = 2048", "n_fft = 2000", r"handmade\.n_fft: expected a power of two, found 2000"),
        ("handmade", "hop_samples = 512", "hop_samples = 4096", r"hop_samples: .* from 1 to 2048"),
        ("log_spectrogram", "n_bins = 128", "n_bins = 130", r"n_bins: .* from 1 to 129, found 130"),
        (
            "log_spectrogram",
            "n_bins = 128",
            "n_bins = 128\nn_mels = 3",
            r"spectrogram\.n_mels: unknown",
        ),
        (
            "log_spectrogram",
            "[front_end.log_spectrogram]",
            "[front_end.log_spectogram]",
            r"front_end\.log_spectogram: unknown key; did you mean log_spectrogram\?",
        ),
        (
            "log_spectrogram",
            "[front_end.log_spectrogram]",
            "[front_end.log_mel]\n[front_end.log_spectrogram]",
            r"front_end\.log_mel: expected one table of log_mel, log_spectrogram, handmade, found \['log_",
        ),
        (
            "log_spectrogram",
            "[front_end.log_spectrogram]",
            f"{LOUDNESS}\n[front_end.log_spectrogram]",
            r"front_end\.loudness: expected no such table beside log_spectrogram; it belongs to log_mel",
        ),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, kind, old, new, told):
    frames = (CHOSEN, 1) if kind == "handmade" else (LogSpectrogramSettings(), 2952)
    path = card_of(tmp_path, *frames)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=told) as caught:
        read_card(tmp_path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_card_without_frames_is_refused(tmp_path):
    path = card_of(tmp_path, LogSpectrogramSettings(), 2952)
    text = path.read_text()
    first, end = text.index("[front_end.log_spectrogram]"), text.index("[tolerance]")
    path.write_text(text[:first] + text[end:])
    with pytest.raises(ModelError, match=r"front_end\.log_mel: expected one table of log_mel, .* found \[\]"):
        read_card(tmp_path)
