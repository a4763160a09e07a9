"""How often the best label of a window stays the same when the sound is disturbed; out of fold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from streamgenre.errors import StreamgenreError
from streamgenre.messages import AudioBlock, Window
from streamgenre.pipeline import model_windows
from training.clip_windows import decode_clip
from training.corpus import Corpus
from training.datasets import Clip
from training.disturbances import DISTURBANCES
from training.embeddings import Embedder
from training.heads import LinearHead
from training.metrics import wilson_interval
from training.splits import grouped_folds

Float32 = NDArray[np.float32]


def unchanged_shares(
    corpus: Corpus,
    embedder: Embedder,
    folds: int,
    seed: int,
    disturbances: Sequence[str] = tuple(DISTURBANCES),
) -> dict[str, list[float | int]]:
    """Give by disturbance the share of windows whose best label stays, its 95 % interval, and their number.

    Each clip is judged by a head that knew none of its artists. Windows are those that `listen` would
    classify both with and without the disturbance, matched by their first sample.
    """
    fold_of = grouped_folds([clip.label for clip in corpus.clips], corpus.groups, folds, seed)
    heads = [corpus.fit(fold_of != fold) for fold in range(folds)]
    same: dict[str, list[bool]] = {name: [] for name in disturbances}
    judges = [heads[fold] for fold in fold_of]
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(
            lambda clip, head: _clip_kept(clip, embedder, head, disturbances), corpus.clips, judges
        )
        for found in answers:
            for name, kept in found.items():
                same[name] += kept
    return {name: _share(kept) for name, kept in same.items()}


def _clip_kept(
    clip: Clip, embedder: Embedder, head: LinearHead, disturbances: Sequence[str]
) -> dict[str, list[bool]]:
    try:
        samples, audio_format = decode_clip(clip)
    except StreamgenreError:
        return {}

    def best(sound: Float32) -> dict[int, int]:
        windows = model_windows(
            [AudioBlock(sound, 0)], audio_format, embedder.front_end, embedder.hop_seconds
        )
        return _best_labels(windows, embedder, head)

    undisturbed, kept = best(samples), {}
    for name in disturbances:
        seed = hashlib.sha256(f"{clip.key} {name}".encode()).digest()
        changed = DISTURBANCES[name](samples, audio_format, np.random.default_rng(list(seed[:8])))
        found = best(changed)
        kept[name] = [found[first] == label for first, label in undisturbed.items() if first in found]
    return kept


def _best_labels(windows: Sequence[Window], embedder: Embedder, head: LinearHead) -> dict[int, int]:
    if not windows:
        return {}
    features = embedder.embed_windows(np.stack([window.features for window in windows]))
    labels = head.log_posterior(features).argmax(axis=1)
    return {window.first_sample: int(label) for window, label in zip(windows, labels, strict=True)}


def _share(kept: Sequence[bool]) -> list[float | int]:
    low, high = wilson_interval(sum(kept), len(kept))
    return [round(float(np.mean(kept)), 4), round(low, 4), round(high, 4), len(kept)]
