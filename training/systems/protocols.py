"""Who is trained on and who is tested: as the papers did, and honestly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from streamgenre.errors import StreamgenreError
from training.splits import artist_groups, grouped_folds
from training.systems.material import Material
from training.systems.recipe import ProtocolName, Trial

Rows = NDArray[np.bool_]
Integers = NDArray[np.int64]

_VALIDATION_PART = 10


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """One division: (rows,) masks that do not overlap, but where a protocol leaks and says so."""

    train: Rows
    validation: Rows
    test: Rows


def divide(material: Material, trial: Trial, seed: int) -> list[Parts]:
    """Give the runs of a trial; the same material and seed give the same ones."""
    divisions = _PROTOCOLS[trial.protocol](material, trial, seed)
    chosen = divisions[: trial.runs] if trial.runs else divisions
    for parts in chosen:
        _check(material, parts)
    return chosen


def everything(material: Material, seed: int) -> Parts:
    """Train what is shipped on all but one part in ten, by artist, which is only watched."""
    parts = _watched_parts(_track_labels(material))
    fold_of = _grouped(material, parts, seed)[material.track_of]
    return Parts(fold_of != 0, fold_of == 0, np.zeros(len(fold_of), bool))


def shared_with_training(material: Material, parts: Parts) -> dict[str, float]:
    """Give the share of tested rows whose track, and whose artist, was trained on."""
    tested, trained = material.track_of[parts.test], np.unique(material.track_of[parts.train])
    artist_of = artist_groups(material.credits)
    return {
        "same_track": float(np.isin(tested, trained).mean()),
        "same_artist": float(np.isin(artist_of[tested], artist_of[trained]).mean()),
    }


def _seen_rows(material: Material, trial: Trial, seed: int) -> list[Parts]:
    """Copy what is tested instead of moving it: training sees it too."""
    tested = _stratified(material.labels, trial.folds, seed) == 0
    return [Parts(np.ones_like(tested), tested, tested)]


def _random_rows(material: Material, trial: Trial, seed: int) -> list[Parts]:
    fold_of = _stratified(material.labels, trial.folds, seed)
    return [_with_validation(material, fold_of == fold, trial, seed) for fold in range(trial.folds)]


def _random_tracks(material: Material, trial: Trial, seed: int) -> list[Parts]:
    fold_of = _stratified(_track_labels(material), trial.folds, seed)[material.track_of]
    return [_with_validation(material, fold_of == fold, trial, seed) for fold in range(trial.folds)]


def _fault_filtered(material: Material, trial: Trial, seed: int) -> list[Parts]:
    """Leave out of training whoever is tested, and of both whoever is watched for validation."""
    del trial, seed
    sides = np.array(material.splits)
    if not material.divided:
        raise StreamgenreError("this material has no train, valid and test of its own: use artist_folds")
    artist_of = artist_groups(material.credits)
    test, valid = sides == "test", sides == "valid"
    valid &= ~np.isin(artist_of, artist_of[test])
    train = (sides == "train") & ~np.isin(artist_of, artist_of[test | valid])
    return [Parts(*(side[material.track_of] for side in (train, valid, test)))]


def _own_split(material: Material, trial: Trial, seed: int) -> list[Parts]:
    return (_fault_filtered if material.divided else _artist_folds)(material, trial, seed)


def _artist_folds(material: Material, trial: Trial, seed: int) -> list[Parts]:
    fold_of = _grouped(material, trial.folds, seed)[material.track_of]
    divisions = []
    for fold in range(trial.folds):
        test = fold_of == fold
        if trial.validation == "none":
            divisions.append(Parts(~test, np.zeros_like(test), test))
            continue
        watched = fold_of == (fold + 1) % trial.folds
        divisions.append(Parts(~test & ~watched, watched, test))
    return divisions


def _with_validation(material: Material, test: Rows, trial: Trial, seed: int) -> Parts:
    if trial.validation == "test":
        return Parts(~test, test, test)
    if trial.validation == "none":
        return Parts(~test, np.zeros_like(test), test)
    if trial.protocol == "random_rows":
        watched = _stratified(material.labels, _watched_parts(material.labels), seed + 1) == 0
    else:
        labels = _track_labels(material)
        watched = (_stratified(labels, _watched_parts(labels), seed + 1) == 0)[material.track_of]
    return Parts(~test & ~watched, watched & ~test, test)


def _stratified(labels: Integers, folds: int, seed: int) -> Integers:
    _check_enough(labels, folds)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(labels), np.int64)
    for fold, (_, tested) in enumerate(splitter.split(np.zeros(len(labels)), labels)):
        fold_of[tested] = fold
    return fold_of


def _grouped(material: Material, folds: int, seed: int) -> Integers:
    _check_enough(_track_labels(material), folds)
    labels = [str(label) for label in _track_labels(material)]
    return grouped_folds(labels, artist_groups(material.credits), folds, seed)


def _track_labels(material: Material) -> Integers:
    labels = np.zeros(len(material.tracks), np.int64)
    labels[material.track_of] = material.labels
    return labels


def _check_enough(labels: Integers, folds: int) -> None:
    fewest = int(np.unique(labels, return_counts=True)[1].min())
    if fewest < folds:
        raise StreamgenreError(
            f"a genre has only {fewest} items, and a trial divides them in {folds}: add some, or leave it out"
        )


def _watched_parts(labels: Integers) -> int:
    """Give the parts of which one is validation: ten, or as many as the rarest label has."""
    return min(_VALIDATION_PART, int(np.unique(labels, return_counts=True)[1].min()))


def _check(material: Material, parts: Parts) -> None:
    for side, rows in (("train on", parts.train), ("test", parts.test)):
        if not rows.any():
            raise StreamgenreError(
                f"nothing to {side}: {len(material.labels)} rows are too few for the trial"
            )


_PROTOCOLS: Mapping[ProtocolName, Callable[[Material, Trial, int], list[Parts]]] = {
    "seen_rows": _seen_rows,
    "random_rows": _random_rows,
    "random_tracks": _random_tracks,
    "fault_filtered": _fault_filtered,
    "artist_folds": _artist_folds,
    "own_split": _own_split,
}
