"""Manifests, views, recipes, cards' text, and heads measured out of fold."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.classify.toml_text import toml_text
from training.corpus import Corpus
from training.datasets import Clip, default_data_folder, read_clips
from training.embeddings import Embedded
from training.evaluate import choose_temperature, genre_figures
from training.recipe import HeadRecipe, read_recipe
from training.synthetic_windows import synthetic_windows
from training.views import make_view

RATE_HZ = 16000
DATASETS = ("gtzan", "emotify")


def test_a_manifest_is_read_and_noises_are_grouped_by_their_recording(tmp_path):
    folder = tmp_path / "esc10"
    folder.mkdir()
    (folder / "manifest.csv").write_text(
        "path,dataset,genre,track_id,artist,seconds\n"
        "audio/a.opus,esc10,noise/rain,5-151085-A,,5\n"
        'audio/b.opus,gtzan,rock,rock.1,"Earth, Wind & Fire",3\n'
    )
    noise, rock = read_clips(tmp_path, ["esc10"])
    assert (noise.label, noise.credit, noise.key) == ("noise", "freesound 151085", "esc10/5-151085-A")
    assert (rock.label, rock.credit, rock.path) == ("rock", "Earth, Wind & Fire", folder / "audio/b.opus")


def test_the_data_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("STREAMGENRE_SHARED", str(tmp_path))
    assert default_data_folder() == tmp_path / "data"


@given(seconds=st.floats(0.1, 12), key=st.text(max_size=5))
def test_a_short_view_is_a_stretch_of_two_to_three_seconds(seconds, key):
    samples = np.arange(round(seconds * RATE_HZ), dtype=np.float32)[:, None]
    view = make_view(samples, RATE_HZ, "short", key)
    assert len(view) == len(samples) or 2 * RATE_HZ - 1 <= len(view) <= 3 * RATE_HZ + 1
    assert np.all(np.diff(view[:, 0]) == 1)
    assert np.array_equal(view, make_view(samples, RATE_HZ, "short", key))


def test_views_change_what_they_say():
    generator = np.random.default_rng(0)
    samples = generator.normal(0, 0.1, (RATE_HZ * 4, 1)).astype(np.float32)
    assert make_view(samples, RATE_HZ, "plain", "k") is samples
    noise = make_view(samples, RATE_HZ, "noise", "k") - samples
    assert 19.9 < -20 * np.log10(noise.std() / samples.std()) < 35.1
    assert make_view(samples, RATE_HZ, "dull", "k").std() < samples.std() * 0.9
    ratio = make_view(samples, RATE_HZ, "gain", "k") / samples
    assert np.ptp(ratio) < 1e-4
    assert len(make_view(samples, RATE_HZ, "short+gain", "k")) < len(samples)


def test_an_unknown_view_is_refused():
    with pytest.raises(KeyError, match="loud"):
        make_view(np.zeros((10, 1), np.float32), RATE_HZ, "loud", "k")


tables = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\x7f")),
        st.integers(-(2**60), 2**60),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.integers(0, 9)),
    ),
    lambda inner: st.dictionaries(st.from_regex(r"[a-z0-9_-]{1,6}", fullmatch=True), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict))


@given(tables)
def test_what_is_written_as_toml_is_read_back(table):
    assert tomllib.loads(toml_text(table)) == table


def test_synthetic_windows_are_the_same_everywhere_and_exact():
    windows = synthetic_windows(187, 96)
    assert windows.shape == (4, 187, 96)
    assert windows.min() == 0
    assert windows.max() <= 6
    assert np.array_equal(windows * 64, np.round(windows * 64))
    assert np.array_equal(windows, synthetic_windows(187, 96))


def test_the_recipe_of_the_default_model_can_be_read():
    recipe = read_recipe("genre")
    assert len(recipe.genre.labels) == 11
    assert recipe.gate.labels == ("music", "speech", "noise")
    assert recipe.seed not in recipe.choice_seeds


def _corpus(artists: int = 8) -> Corpus:
    """Two labels; features hold the label weakly and the artist strongly."""
    generator = np.random.default_rng(3)
    clips = [
        Clip(None, DATASETS[artist % 2], label, f"{label}.{artist}.{number}", f"{label} {artist}")
        for label in ("jazz", "rock")
        for artist in range(artists)
        for number in range(3)
    ]
    clip_of = np.repeat(np.arange(len(clips)), 2)
    artist_code = {clip.credit: generator.normal(0, 1, 12) for clip in clips}
    features = np.array([artist_code[clips[index].credit] for index in clip_of])
    features[:, 0] += np.array([3.0 if clips[index].label == "rock" else -3.0 for index in clip_of])
    embedded = Embedded((features + generator.normal(0, 0.1, features.shape)).astype(np.float32), clip_of, {})
    return Corpus(
        HeadRecipe("genre", ("jazz", "rock"), ("gtzan",), ("plain",), 0.01), clips, {"plain": embedded}
    )


def test_every_window_is_answered_out_of_fold():
    corpus = _corpus()
    answers = corpus.out_of_fold(folds=4, seed=0)["plain"]
    np.testing.assert_allclose(np.exp(answers).sum(axis=1), 1)
    inside = corpus.fit(np.ones(len(corpus.clips), bool)).log_posterior(corpus.views["plain"].features)
    truth = corpus.truth[corpus.views["plain"].clip_of]
    rows = np.arange(len(truth))
    assert (answers.argmax(axis=1) == truth).mean() > 0.8
    assert answers[rows, truth].mean() < inside[rows, truth].mean()
    assert choose_temperature(corpus, {"plain": answers}) > 0


def test_a_silent_clip_is_right_for_no_label(monkeypatch):
    monkeypatch.setattr("training.evaluate.EMOTIFY_LABELS", ("jazz", "rock"))
    corpus = _corpus()
    whole = corpus.views["plain"]
    silent = whole.clip_of != 0
    corpus.views["plain"] = Embedded(whole.features[silent], whole.clip_of[silent], {})
    answers = np.log(np.eye(2)[corpus.truth[corpus.views["plain"].clip_of]] * 0.8 + 0.1)
    figures = genre_figures(corpus, {"plain": answers}, 1.0)["plain"]
    assert figures["recall"]["jazz"][0] == pytest.approx(23 / 24, abs=1e-4)
    assert figures["recall"]["rock"][0] == 1
    assert figures["gtzan_among_11"][3] == 24
