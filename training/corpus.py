"""Clips with labels, artist groups and embedded views: what a head is trained and tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from training.datasets import GENRE_SETS, Clip
from training.embeddings import Embedded
from training.heads import LinearHead, balanced_weights, fit_linear_head
from training.recipe import HeadRecipe
from training.splits import artist_groups, grouped_folds

Float64 = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Corpus:
    """One head's material."""

    recipe: HeadRecipe
    clips: Sequence[Clip]
    views: dict[str, Embedded]
    """By view; the recipe's views are trained on."""

    @cached_property
    def truth(self) -> Integers:
        """(clips,) index of the right label."""
        return np.array([self.recipe.labels.index(self._label(clip)) for clip in self.clips], np.int64)

    @cached_property
    def groups(self) -> Integers:
        """(clips,) clips of one artist share a number."""
        return artist_groups([clip.credit for clip in self.clips])

    def weights(self, clip_of: Integers) -> Float64:
        """Weigh windows, given the clip of each: `balanced_weights`, a label as much as the recipe says.

        A view of few labels gives each the weight it has in a view of all.
        """
        label_weights = np.array(self.recipe.label_weights or [1.0] * len(self.recipe.labels))
        labels = self.truth[clip_of]
        share = len(np.unique(labels)) / len(self.recipe.labels)
        return balanced_weights(clip_of, self.truth, self.groups) * label_weights[labels] * share

    def fit(self, clips: NDArray[np.bool_]) -> LinearHead:
        """Train on the clips chosen, every view with an equal share; a mix if both its clips are."""
        features, labels, weights = [], [], []
        for view in self.recipe.views:
            embedded = self.views[view]
            chosen = clips[embedded.clip_of] & _unmixed_or(clips, embedded.added_of)
            clip_of = embedded.clip_of[chosen]
            features.append(embedded.features[chosen])
            labels.append(self.truth[clip_of])
            weights.append(self.weights(clip_of))
        stacked = (np.concatenate(parts) for parts in (features, labels, weights))
        return fit_linear_head(*stacked, len(self.recipe.labels), self.recipe.penalty)

    def out_of_fold(self, folds: int, seed: int) -> dict[str, Float64]:
        """Give each view's window log-posteriors, each by a head that knew none of the clip's artists."""
        fold_of = grouped_folds([clip.label for clip in self.clips], self.groups, folds, seed)
        answers = {
            view: np.empty((len(embedded.clip_of), len(self.recipe.labels)))
            for view, embedded in self.views.items()
        }
        for fold in range(folds):
            head = self.fit(fold_of != fold)
            for view, embedded in self.views.items():
                tested = fold_of[embedded.clip_of] == fold
                answers[view][tested] = head.log_posterior(embedded.features[tested])
        return answers

    def _label(self, clip: Clip) -> str:
        """For the gate, a clip with a genre is music."""
        return clip.label if clip.label in self.recipe.labels or clip.dataset not in GENRE_SETS else "music"


def _unmixed_or(clips: NDArray[np.bool_], added_of: Integers | None) -> NDArray[np.bool_] | bool:
    """Say of each window whether what was added to it, if anything, is of these clips."""
    return True if added_of is None else (added_of < 0) | clips[added_of]
