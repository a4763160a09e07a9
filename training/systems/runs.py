"""Training the runs of a recipe, each kept on disk, so that an interruption costs one run at most."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.systems.estimator import Epoch, Estimator, History
from training.systems.estimators import build_estimator
from training.systems.golden_windows import golden_windows
from training.systems.material import Material
from training.systems.materials import Source, digest_of, export_material, trial_material
from training.systems.measure import Answers
from training.systems.progress import progress_bar
from training.systems.protocols import Parts, divide, everything, shared_with_training
from training.systems.recipe import SystemRecipe, Trial


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one training gave."""

    answers: Answers
    history: History
    train_accuracy: float
    shared: Mapping[str, float]
    """Share of tested rows whose track, and whose artist, was trained on."""
    trained_rows: NDArray[np.int64]
    """Index into the material's rows."""
    embedding: NDArray[np.float32] | None
    """(tested, values)"""
    importances: NDArray[np.float64] | None
    """(columns,)"""


@dataclass(frozen=True, slots=True, eq=False)
class Shipped:
    """The model trained on everything."""

    graph: bytes
    golden: Mapping[str, NDArray[np.float32]]
    rows_trained_on: int


class Workshop:
    """Trains what a recipe asks for, or takes it from the folder of earlier results."""

    def __init__(self, recipe: SystemRecipe, source: Source, results: Path) -> None:
        self._recipe = recipe
        self._source = source
        self._folder = results / "work"

    def runs(self, trial: Trial) -> list[Run]:
        """Train every run of a trial that is not there yet."""
        if trial.estimator:
            return self._changed(trial.estimator).runs(replace(trial, estimator={}))
        material = trial_material(self._recipe, trial, self._source)
        divisions = divide(material, trial, self._recipe.seed)
        digest = digest_of(material)
        places = [self._place(f"{trial.name} {run}", digest, repr(trial)) for run in range(len(divisions))]
        return [
            self._run(f"{trial.name} {number}", place, parts, material)
            for number, (place, parts) in enumerate(zip(places, divisions, strict=True), start=1)
        ]

    def shipped(self) -> Shipped:
        """Train on everything, or take what the recipe's `ship` trial trained, for the model's folder."""
        material = export_material(self._recipe, self._source)
        place = self._place("shipped", digest_of(material), self._recipe.ship)
        path = place.with_suffix(".npz")
        if not path.is_file():
            parts, checkpoint = self._shipped_parts(material, place)
            estimator, _ = self._fit(material, parts, checkpoint, "shipped")
            windows = golden_windows(material.front_end)
            rows = material.levelling.rows(windows) if material.levelling else windows
            graph = estimator.onnx()
            whole = material.levelling.graph(graph) if material.levelling else graph
            _save(
                path,
                graph=np.frombuffer(whole, np.uint8),
                windows=windows,
                genre=estimator.posterior(rows),
                trained=int(parts.train.sum()),
            )
        with np.load(path) as kept:
            golden = {"windows": kept["windows"], "genre": kept["genre"]}
            return Shipped(kept["graph"].tobytes(), golden, int(kept["trained"]))

    def _changed(self, keys: Mapping[str, Any]) -> Workshop:
        recipe = replace(self._recipe, estimator={**self._recipe.estimator, **keys})
        return Workshop(recipe, self._source, self._folder.parent)

    def _shipped_parts(self, material: Material, place: Path) -> tuple[Parts, Path]:
        recipe = self._recipe
        for trial in recipe.trials:
            if trial.name == recipe.ship:
                parts = divide(material, trial, recipe.seed)[0]
                return parts, self._place(f"{trial.name} 0", digest_of(material), repr(trial))
        parts = everything(material, recipe.seed)
        if recipe.looks_at_no_validation:
            parts = Parts(parts.train | parts.validation, parts.test, parts.test)
        return parts, place

    def _run(self, title: str, place: Path, parts: Parts, material: Material) -> Run:
        path = place.with_suffix(".npz")
        if not _is_of(path, parts):
            estimator, history = self._fit(material, parts, place, title)
            _keep(path, estimator, history, material, parts, embed=self._recipe.tsne)
        return _kept_run(path, shared_with_training(material, parts))

    def _fit(self, material: Material, parts: Parts, place: Path, title: str) -> tuple[Estimator, History]:
        recipe = self._recipe
        estimator = build_estimator(recipe, material)
        train, validation = material.rows(parts.train), material.rows(parts.validation)
        place.mkdir(parents=True, exist_ok=True)
        with progress_bar(f"{recipe.name}: {title}") as progress:
            history = estimator.fit(train, validation, recipe.seed, place, progress)
        return estimator, history

    def _place(self, title: str, digest: bytes, trial: str = "") -> Path:
        recipe = self._recipe
        told = repr((dict(recipe.estimator), recipe.seed, recipe.tsne, trial)).encode()
        name = hashlib.sha256(told + digest).hexdigest()[:12]
        return self._folder / f"{title.replace(' ', '-').replace(',', '')}-{name}"


def _is_of(path: Path, parts: Parts) -> bool:
    """Tell whether a kept run divided the rows as this one would."""
    if not path.is_file():
        return False
    with np.load(path) as kept:
        tested, trained = np.flatnonzero(parts.test), np.flatnonzero(parts.train)
        return np.array_equal(kept["rows"], tested) and np.array_equal(kept["trained"], trained)


def _keep(
    path: Path, estimator: Estimator, history: History, material: Material, parts: Parts, *, embed: bool
) -> None:
    tested = material.inputs[parts.test]
    trained = estimator.posterior(material.inputs[parts.train]).argmax(axis=1)
    further: dict[str, Any] = {}
    if embed and (embedding := estimator.embedding(tested)) is not None:
        further["embedding"] = embedding
    if estimator.importances is not None:
        further["importances"] = estimator.importances
    _save(
        path,
        rows=np.flatnonzero(parts.test),
        posterior=estimator.posterior(tested),
        train_accuracy=(trained == material.labels[parts.train]).mean(),
        trained=np.flatnonzero(parts.train),
        epochs=np.array(
            [[e.loss, e.accuracy, e.validation_loss, e.validation_accuracy] for e in history.epochs]
        ),
        best_epoch=-1 if history.best_epoch is None else history.best_epoch,
        **further,
    )


def _kept_run(path: Path, shared: Mapping[str, float]) -> Run:
    with np.load(path) as kept:
        best = int(kept["best_epoch"])
        return Run(
            Answers(kept["rows"], kept["posterior"]),
            History([Epoch(*map(float, row)) for row in kept["epochs"]], None if best < 0 else best),
            float(kept["train_accuracy"]),
            shared,
            kept["trained"],
            kept.get("embedding"),
            kept.get("importances"),
        )


def _save(path: Path, **arrays: Any) -> None:  # noqa: ANN401  # whatever NumPy keeps
    partial = path.with_suffix(".part.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(partial, **arrays)
    partial.replace(path)
