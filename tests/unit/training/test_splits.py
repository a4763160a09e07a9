from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.shared import SHARED, needs_shared
from training.datasets import GENRE_SETS, read_clips
from training.splits import artist_groups, credited_artists, grouped_folds

ARTISTS = ["Nina", "The Band", "band", "Otto", "Ada", ""]
credit_lists = st.lists(
    st.lists(st.sampled_from(ARTISTS), min_size=1, max_size=2).map(" and ".join), min_size=30, max_size=60
)


@pytest.mark.parametrize(
    ("credit", "artists"),
    [
        ("The Beatles", {"beatles"}),
        ("Ella & Louis", {"ella", "louis"}),
        ("A feat. B; C", {"a", "b", "c"}),
        ("Paul Berget and Edward Martin", {"edward martin", "paul berget"}),
        ("Anderson", {"anderson"}),
        ("", set()),
    ],
)
def test_a_credit_is_taken_apart(credit, artists):
    assert credited_artists(credit) == artists


@given(credit_lists)
def test_an_artist_is_in_one_group(artist_credits):
    groups = artist_groups(artist_credits)
    group_of: dict[str, int] = {}
    for credit, group in zip(artist_credits, groups, strict=True):
        for artist in credited_artists(credit):
            assert group_of.setdefault(artist, group) == group


def test_clips_without_artist_are_alone():
    assert len(set(artist_groups(["", "", "", "Ada", "ada"]))) == 4


def test_a_chain_of_joint_credits_is_one_group():
    chain = [f"{a} and {b}" for a, b in pairwise("abcdefg")]
    assert len(set(artist_groups([*reversed(chain), "g", "a"]))) == 1


@given(credit_lists, st.integers(0, 5))
def test_every_clip_is_tested_once_and_no_artist_on_both_sides(artist_credits, seed):
    labels = ["rock" if number % 2 else "jazz" for number in range(len(artist_credits))]
    groups = artist_groups([f"{credit} {number % 9}" for number, credit in enumerate(artist_credits)])
    assume(len(set(groups)) >= 3)
    fold_of = grouped_folds(labels, groups, 3, seed)
    assert set(fold_of) <= {0, 1, 2}
    for group in set(groups):
        assert len(set(fold_of[groups == group])) == 1


def test_the_same_seed_gives_the_same_folds():
    labels, groups = ["a", "b"] * 20, np.arange(40)
    assert np.array_equal(grouped_folds(labels, groups, 5, 3), grouped_folds(labels, groups, 5, 3))
    assert not np.array_equal(grouped_folds(labels, groups, 5, 3), grouped_folds(labels, groups, 5, 4))


@needs_shared
@pytest.mark.data
def test_the_research_clips_share_no_artist_between_folds():
    clips = read_clips(SHARED / "data", GENRE_SETS)
    fold_of = grouped_folds([clip.label for clip in clips], artist_groups([c.credit for c in clips]), 5, 0)
    folds_of: dict[str, set[int]] = {}
    for clip, fold in zip(clips, fold_of, strict=True):
        for artist in credited_artists(clip.credit):
            folds_of.setdefault(artist, set()).add(int(fold))
    assert len(clips) == 731
    assert all(len(folds) == 1 for folds in folds_of.values())
