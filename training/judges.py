"""Models that never heard an artist of the clips they judge, to put into the very pipeline that listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.window_scorer import WindowScorer
from streamgenre.messages import ModelIdentity, Scores, Window
from streamgenre.settings import CalibrationSettings, FrontEndSettings
from training.corpus import Corpus
from training.datasets import Clip
from training.heads import LinearHead
from training.recipe import Recipe
from training.splits import artist_groups, grouped_folds

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class WindowListener(Protocol):
    """Gives the (features,) of one source's windows, in order."""

    @property
    def front_end(self) -> FrontEndSettings: ...
    def features(self, window: Window) -> Float32: ...
    def reset(self) -> None: ...


class NetworkListener:
    """The pretrained networks of a recipe, following one source."""

    def __init__(self, networks: Sequence[OnnxModel], outputs: Sequence[str]) -> None:
        self.front_end = networks[0].front_end
        self._scorers: list[WindowScorer] = [network.stream() for network in networks]
        self._outputs = tuple(outputs)

    def features(self, window: Window) -> Float32:
        """(features,) float32: the outputs side by side, network by network, as the heads were taught."""
        return np.concatenate(
            [rows[0] for scorer in self._scorers for rows in scorer.outputs(window, self._outputs)]
        )

    def reset(self) -> None:
        for scorer in self._scorers:
            scorer.reset()


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """The heads of one fold: what the exported graph would answer, had it been trained without the fold."""

    genre: LinearHead
    gate: LinearHead

    def scores(self, features: Float32) -> list[Scores]:
        """(windows, features) → one Scores a window."""
        genres, gates = (np.exp(head.log_posterior(features)) for head in (self.genre, self.gate))
        return [Scores(genre, gate) for genre, gate in zip(genres, gates, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """A judge a fold, and which clips it may judge."""

    seed: int
    fold_of: Mapping[str, int]
    """By the clip's key."""
    judges: Sequence[Judge]

    def judge(self, clip: Clip) -> Judge:
        return self.judges[self.fold_of[clip.key]]


@dataclass(frozen=True, slots=True, eq=False)
class JudgingModel:
    """A judge as the pipeline's model."""

    listener: WindowListener
    judge: Judge
    labels: tuple[str, ...]
    gate_labels: tuple[str, ...]
    front_end: FrontEndSettings
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    tag_labels: tuple[str, ...] = ()
    identity: ModelIdentity = field(default_factory=lambda: ModelIdentity("out-of-fold", "0" * 64))

    def stream(self) -> JudgingScorer:
        return JudgingScorer(self.listener, self.judge)


class JudgingScorer:
    """Scores the windows of one source by one judge."""

    def __init__(self, listener: WindowListener, judge: Judge) -> None:
        self._listener = listener
        self._judge = judge

    def process(self, window: Window) -> Scores:
        return self._judge.scores(self._listener.features(window)[None])[0]

    def reset(self) -> None:
        self._listener.reset()


def make_partition(recipe: Recipe, genre: Corpus, gate: Corpus, seed: int) -> Partition:
    """Fit both heads once a fold; genre and gate share the partition, so no artist is on both sides of it."""
    clips = {clip.key: clip for corpus in (genre, gate) for clip in corpus.clips}
    groups = artist_groups([clip.credit for clip in clips.values()])
    folds = grouped_folds([clip.label for clip in clips.values()], groups, recipe.folds, seed)
    fold_of = {key: int(fold) for key, fold in zip(clips, folds, strict=True)}
    judges = [
        Judge(*(corpus.fit(_folds(corpus, fold_of) != fold) for corpus in (genre, gate)))
        for fold in range(recipe.folds)
    ]
    return Partition(seed, fold_of, judges)


def out_of_fold(corpus: Corpus, partition: Partition, role: str) -> dict[str, Float64]:
    """Give each trained view's window log-posteriors by the judge who never heard the artist."""
    folds = _folds(corpus, partition.fold_of)
    answers: dict[str, Float64] = {}
    for view in corpus.recipe.views:
        embedded = corpus.views[view]
        answers[view] = np.empty((len(embedded.clip_of), len(corpus.recipe.labels)))
        for fold, judge in enumerate(partition.judges):
            tested = folds[embedded.clip_of] == fold
            answers[view][tested] = getattr(judge, role).log_posterior(embedded.features[tested])
    return answers


def cooled(partition: Partition, temperatures: Mapping[str, float]) -> Partition:
    """Divide every judge's logits by the temperature of its role."""
    judges = [
        Judge(judge.genre.cooled(temperatures["genre"]), judge.gate.cooled(temperatures["gate"]))
        for judge in partition.judges
    ]
    return replace(partition, judges=judges)


def _folds(corpus: Corpus, fold_of: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([fold_of[clip.key] for clip in corpus.clips])
