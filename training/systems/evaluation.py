"""From runs to the results of a system: a JSON file and pictures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from training.splits import artist_groups
from training.systems.columns import natural_name
from training.systems.estimators import build_estimator
from training.systems.material import Material
from training.systems.materials import Source, trial_material
from training.systems.measure import figures, share
from training.systems.pictures import draw_confusions, draw_curves, draw_importances, draw_map
from training.systems.progress import progress_bar
from training.systems.protocol_words import in_words
from training.systems.protocols import Parts, divide
from training.systems.recipe import SystemRecipe, Trial
from training.systems.runs import Run, Workshop
from training.systems.tables import rebuilt_figures

RESULTS_FILE = "results.json"
_COMPARED = ("paper", "honest")


def evaluate_system(recipe: SystemRecipe, source: Source, results: Path) -> dict[str, Any]:
    """Measure every trial, draw the pictures, and write `results.json`, which is returned."""
    workshop = Workshop(recipe, source, results)
    runs = {trial.name: workshop.runs(trial) for trial in recipe.trials}
    told: dict[str, Any] = {
        "recipe": recipe.name,
        "title": recipe.title,
        "paper": asdict(recipe.paper),
        "data": source.name or "research data",
        "trials": {
            trial.name: _trial_figures(trial, trial_material(recipe, trial, source), runs[trial.name])
            for trial in recipe.trials
        },
    }
    if recipe.grid:
        told["grid"] = _grid(recipe, source, results)
    if recipe.data.get("kind") == "table_3s" and source.research:
        told["rebuilt_tracks"] = rebuilt_figures(source.tables)
    importances = _importances(recipe, source, runs)
    if importances:
        told["importances"] = importances
    results.mkdir(parents=True, exist_ok=True)
    _draw(recipe, source, results, told, runs)
    (results / RESULTS_FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return told


def _trial_figures(trial: Trial, material: Material, runs: Sequence[Run]) -> dict[str, Any]:
    shared = {key: round(float(np.mean([run.shared[key] for run in runs])), 4) for key in runs[0].shared}
    return {
        "protocol": in_words(trial, material),
        "columns": trial.columns,
        "inputs": list(material.inputs.shape[1:]),
        "rows": len(material.labels),
        "tracks": len(np.unique(material.track_of)),
        "tracks_without_artist": material.uncredited,
        "labels": list(material.label_names),
        "skipped": material.skipped,
        "rows_trained_on": round(float(np.mean([len(run.trained_rows) for run in runs]))),
        "train_accuracy": round(float(np.mean([run.train_accuracy for run in runs])), 4),
        "tested_rows_trained_on": shared,
        "by_acquaintance": _by_acquaintance(material, runs),
        **figures(material, [run.answers for run in runs]),
    }


def _by_acquaintance(material: Material, runs: Sequence[Run]) -> dict[str, list[float | int]]:
    """Give the accuracy on rows whose track, whose artist, and neither of whom was trained on."""
    artist_of = artist_groups(material.credits)[material.track_of]
    tallies = {"same_track": [0, 0], "same_artist": [0, 0], "neither": [0, 0]}
    for run in runs:
        tested = run.answers.rows
        right = run.answers.posterior.argmax(axis=1) == material.labels[tested]
        trained = run.trained_rows
        same_track = np.isin(material.track_of[tested], material.track_of[trained])
        same_artist = np.isin(artist_of[tested], artist_of[trained]) & ~same_track
        groups = {
            "same_track": same_track,
            "same_artist": same_artist,
            "neither": ~same_track & ~same_artist,
        }
        for name, rows in groups.items():
            tallies[name][0] += int(right[rows].sum())
            tallies[name][1] += int(rows.sum())
    return {name: share(hits, trials) for name, (hits, trials) in tallies.items() if trials}


def _grid(recipe: SystemRecipe, source: Source, results: Path) -> list[dict[str, Any]]:
    """Try the grid on the validation part of the honest trial, best first; the test part is not looked at."""
    trial = next(trial for trial in recipe.trials if trial.name == "honest")
    material = trial_material(recipe, trial, source)
    parts = divide(material, trial, recipe.seed)[0]
    found: list[dict[str, Any]] = []
    combinations = list(itertools.product(*recipe.grid.values()))
    with progress_bar(f"{recipe.name}: grid") as progress:
        for done, values in enumerate(combinations, start=1):
            chosen = dict(zip(recipe.grid, values, strict=True))
            found.append({**chosen, "validation": _tried(recipe, chosen, material, parts, results)})
            progress(done, len(combinations))
    return sorted(found, key=lambda row: -row["validation"][0])


def _tried(
    recipe: SystemRecipe, chosen: dict[str, Any], material: Material, parts: Parts, results: Path
) -> list[float | int]:
    changed = SystemRecipe(recipe.name, recipe.title, estimator={**recipe.estimator, **chosen})
    estimator = build_estimator(changed, material)
    watched = material.rows(parts.validation)
    estimator.fit(material.rows(parts.train), watched, recipe.seed, results / "work" / "grid", _ignore)
    right = estimator.posterior(watched.inputs).argmax(axis=1) == watched.labels
    return share(int(right.sum()), len(right))


def _ignore(done: int, total: int) -> None:
    del done, total


def _importances(recipe: SystemRecipe, source: Source, runs: dict[str, list[Run]]) -> dict[str, float]:
    """Give the mean over the runs of the honest trial, greatest first; empty for networks."""
    found = [run.importances for run in runs.get("honest", []) if run.importances is not None]
    if not found:
        return {}
    trial = next(trial for trial in recipe.trials if trial.name == "honest")
    levelling = trial_material(recipe, trial, source).levelling
    assert levelling is not None
    pairs = zip(levelling.wanted, np.mean(found, axis=0), strict=True)
    return {column: round(float(value), 5) for column, value in sorted(pairs, key=lambda pair: -pair[1])}


def _draw(
    recipe: SystemRecipe, source: Source, results: Path, told: dict[str, Any], runs: dict[str, list[Run]]
) -> None:
    title = f"{recipe.name.upper()} – {recipe.title}"
    compared = {name: told["trials"][name] for name in _COMPARED if name in told["trials"]}
    draw_confusions(results / "confusion.png", title, compared)
    histories = {name: runs[name][0].history.epochs for name in compared}
    if any(histories.values()):
        draw_curves(results / "curves.png", title, histories)
    if "importances" in told:
        named = {natural_name(column): value for column, value in told["importances"].items()}
        draw_importances(results / "importances.png", title, named)
    for trial in recipe.trials:
        run = runs[trial.name][0]
        if trial.name == "honest" and run.embedding is not None:
            material = trial_material(recipe, trial, source)
            labels = material.labels[run.answers.rows]
            draw_map(results / "map.png", title, run.embedding, labels, material.label_names, recipe.seed)
