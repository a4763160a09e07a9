"""A trained system as a model's folder: graph, card, golden vectors, licence, provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.model_folder import ModelDescription, write_model_folder
from training.systems.evaluation import RESULTS_FILE, evaluate_system
from training.systems.materials import Source, export_material
from training.systems.protocol_words import NOBODY
from training.systems.recipe import SystemRecipe
from training.systems.runs import Shipped, Workshop

_LICENCE = Path(__file__).parents[2] / "LICENSE"
TOLERANCE = 1e-4

PROVENANCE = """\
# Where {name} comes from

System {id} of the papers: {title}. Trained from nothing by `python -m training train {name}` with
`training/recipes/{name}.toml`; no foreign weights are in it.

- As described: {described}.
- The figure the paper reports: {figure}.
{differs}- Learnt from: {learnt}.
- No audio, table or picture of the data is part of the model{ours}.

{measured}

Golden vectors: windows of the program's own built-in broadcast; the answers are those of the library that
trained the model, not of ONNX Runtime.

Limits: {limits}It has no gate: speech and noise get a genre too.
"""
_DIFFERS = "- Where ours differs: {deviation}.\n"
_OURS = """\
; the weights are this project's work, under its
  MIT licence"""
_LIMITS = """\
GTZAN knows few artists a genre and Western popular music of the 20th century; its honest figures say
what to expect of artists it has not heard. """

_TRAINED_AGAIN = """\
The figures in the card are those of the same recipe trained without whoever is tested; what is shipped was
then trained on {rows} rows of all artists, so these data cannot test it again."""
_MEASURED_ITSELF = """\
What is shipped is the network of the trial `{trial}` itself, trained on {rows} rows, so that trial's figures
are its own. What to expect of artists it has not heard, the trial `honest` of the same recipe
says{otherwise}."""
_OTHERWISE = ": another network, on fewer rows, which was also trained otherwise ({keys})"

_LEARNT = {
    "table_30s": "the feature table of GTZAN (Tzanetakis and Cook 2002): 1,000 tracks, a row of 30 s each",
    "table_3s": "the feature table of five genres of GTZAN (Tzanetakis and Cook 2002), rows of 3 s",
    "spectrograms": "8-bit log spectrograms of 999 tracks of GTZAN (Tzanetakis and Cook 2002)",
    "clips": "windows of 459 clips of GTZAN (Tzanetakis and Cook 2002)",
}


def export_system(recipe: SystemRecipe, source: Source, results: Path, folder: Path) -> Path:
    """Write the model's folder; figures come from `results.json`, which is made where it is missing."""
    path = results / RESULTS_FILE
    told = json.loads(path.read_text()) if path.is_file() else evaluate_system(recipe, source, results)
    material = export_material(recipe, source)
    shipped = Workshop(recipe, source, results).shipped()
    description = ModelDescription(
        name=recipe.name,
        version=recipe.version,
        description=f"system {recipe.name.upper()} of the papers: {recipe.title}, "
        f"{len(material.label_names)} genres of {material.front_end.window_seconds:.3g} s windows",
        licence="MIT" if source.research else "not stated",
        provenance=f"trained from nothing on {_learnt(recipe, source)}; see PROVENANCE.md",
        heads={"genre": material.label_names},
        tolerance={"genre": TOLERANCE},
        front_end=material.front_end,
        accuracy=_accuracy(_card_trials(recipe, told)),
    )
    texts = {"PROVENANCE.md": _provenance(recipe, source, shipped)}
    if source.research:
        texts["LICENSE"] = _LICENCE.read_text(encoding="utf-8")
    write_model_folder(folder, description, shipped.graph, shipped.golden, texts)
    return folder


def _card_trials(recipe: SystemRecipe, told: Mapping[str, Any]) -> dict[str, Any]:
    """Give the trials on the material shipped."""
    chosen = {
        trial.name: told["trials"][trial.name] for trial in recipe.trials if trial.data == recipe.export
    }
    return {name.replace(", ", "_").replace(" ", "_"): trial for name, trial in chosen.items()}


def _accuracy(trials: Mapping[str, Any]) -> dict[str, Any]:
    """Tell first what to expect of artists it has not heard."""
    told = {
        kind: next((trial["track"]["accuracy"][0] for name, trial in trials.items() if kind in name), None)
        for kind in ("honest", "paper")
    }
    figures = {name: _card_figures(trial) for name, trial in trials.items()}
    if None in told.values():
        return figures
    whose = f"tracks, {NOBODY}" if any(map(_of_nobody, trials.values())) else "artists' tracks"
    summary = f"{told['honest']:.2f} of unheard {whose}, {told['paper']:.2f} by the paper's protocol"
    return {"summary": summary} | figures


def _card_figures(trial: Mapping[str, Any]) -> dict[str, Any]:
    """Accuracies are [share, low, high, n] with the 95 % Wilson interval."""
    by_label = trial["track"]["by_label"]
    figures = {
        "protocol": trial["protocol"],
        "window_accuracy": trial["window"]["accuracy"],
        "track_accuracy": trial["track"]["accuracy"],
        "track_macro_f1": trial["track"]["macro_f1"],
        "rows_trained_on": trial["rows_trained_on"],
        "tested_rows_whose_track_was_trained_on": trial["tested_rows_trained_on"]["same_track"],
        "tested_rows_whose_artist_was_trained_on": trial["tested_rows_trained_on"]["same_artist"],
        "track_precision_recall_f1": {
            label: [row["precision"], row["recall"], row["f1"], row["n"]] for label, row in by_label.items()
        },
    }
    if _of_nobody(trial):
        del figures["tested_rows_whose_artist_was_trained_on"]
    return figures


def _of_nobody(trial: Mapping[str, Any]) -> bool:
    """Whether no track's artist is known, so that nothing can be said of artists."""
    return trial.get("tracks_without_artist") == trial["tracks"]


def _learnt(recipe: SystemRecipe, source: Source) -> str:
    return (
        _LEARNT[recipe.data_of(recipe.export)["kind"]] if source.research else f"the audio of {source.name}"
    )


def _provenance(recipe: SystemRecipe, source: Source, shipped: Shipped) -> str:
    return PROVENANCE.format(
        name=recipe.name,
        id=recipe.name.upper(),
        title=recipe.title,
        described=recipe.paper.described,
        figure=recipe.paper.figure,
        differs=_DIFFERS.format(deviation=recipe.paper.deviation) if source.research else "",
        learnt=_learnt(recipe, source),
        ours=_OURS if source.research else "",
        limits=_LIMITS if source.research else "",
        measured=(_MEASURED_ITSELF if recipe.ship else _TRAINED_AGAIN).format(
            trial=recipe.ship, rows=shipped.rows_trained_on, otherwise=_otherwise(recipe)
        ),
    )


def _otherwise(recipe: SystemRecipe) -> str:
    """Tell where the honest trial was trained by other settings."""
    keys = next((trial.estimator for trial in recipe.trials if trial.name == "honest"), {})
    told = ", ".join(f"{key} {value}" for key, value in keys.items())
    return _OTHERWISE.format(keys=told) if told else ""
