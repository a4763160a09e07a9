"""Splits that keep an artist on one side, over every set at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

_JOINTS = re.compile(r"\s+(?:and|&|feat\.?|featuring|with|vs\.?)\s+|\s*[,;/]\s*", re.IGNORECASE)


def credited_artists(credit: str) -> frozenset[str]:
    """Give the names in a credit, so that "A and B" meets "A" and "B": lower case, without "the"."""
    names = (re.sub(r"^the\s+", "", name.strip().casefold()) for name in _JOINTS.split(credit))
    return frozenset(name for name in names if name)


def artist_groups(artist_credits: Sequence[str]) -> NDArray[np.int64]:
    """Give clips that share any credited artist, even by a chain, one number.

    A clip without credit is a group of its own. Returns (clips,) int64.
    """
    parent = list(range(len(artist_credits)))

    def root(item: int) -> int:
        while parent[item] != item:
            item = parent[item]
        return item

    first_of: dict[str, int] = {}
    for clip, credit in enumerate(artist_credits):
        for artist in sorted(credited_artists(credit)):
            parent[root(clip)] = root(first_of.setdefault(artist, clip))
    return np.array([root(clip) for clip in range(len(artist_credits))], np.int64)


def grouped_folds(
    labels: Sequence[str], groups: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """Give each clip the fold it is tested in, labels spread as evenly as whole groups allow."""
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(labels), np.int64)
    for fold, (_, test) in enumerate(splitter.split(np.zeros(len(labels)), list(labels), groups)):
        fold_of[test] = fold
    return fold_of
