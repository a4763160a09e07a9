"""One system of the papers, from its data to its folder in models/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamgenre.errors import StreamgenreError
from training.systems.card import export_system
from training.systems.evaluation import evaluate_system
from training.systems.material import Material
from training.systems.materials import Source, export_material, trial_material
from training.systems.recipe import SystemRecipe, Trial, read_system


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with one recipe, and where."""

    recipe: SystemRecipe
    source: Source
    results: Path
    """Folder of this system's results."""
    model: Path
    """Folder the model is written to."""

    @classmethod
    def of(cls, name: str, data: Path, results: Path, models: Path) -> Job:
        """Read the recipe; what comes of other data than the research data is kept apart."""
        if not data.exists():
            raise StreamgenreError(
                f"{data}: no such file or folder; name your data: DATA=… with make, else --data"
            )
        source, recipe = Source(data), read_system(name)
        if source.research:
            return cls(recipe, source, results / name, models / name)
        folder = results / f"{name}-{source.name}"
        return cls(recipe.for_own_audio(), source, folder, folder / "model")

    def prepare(self) -> None:
        """Compute and keep what every trial learns from; say what there is."""
        for trial in self.recipe.trials:
            _tell(trial, trial_material(self.recipe, trial, self.source))

    def evaluate(self) -> None:
        """Train what is not trained yet, measure all of it, say it."""
        told = evaluate_system(self.recipe, self.source, self.results)
        for name, trial in told["trials"].items():
            window, track = trial["window"]["accuracy"], trial["track"]["accuracy"]
            print(f"{name}: window {_percent(window)}, track {_percent(track)}; {trial['protocol']}")
        for path, reason in next(iter(told["trials"].values()))["skipped"].items():
            print(f"left out {reason if reason.startswith(path) else f'{path}: {reason}'}")
        print(f"results in {self.results}")

    def export(self) -> Path:
        """Train on everything and write the model's folder."""
        export_material(self.recipe, self.source)
        return export_system(self.recipe, self.source, self.results, self.model)


def _tell(trial: Trial, material: Material) -> None:
    tracks = len(np.unique(material.track_of))
    shape = "×".join(map(str, material.inputs.shape[1:]))
    print(
        f"{trial.name}: {len(material.labels)} rows of {shape}, {tracks} tracks, "
        f"{len(material.label_names)} labels"
    )
    for path, reason in material.skipped.items():
        print(f"left out {path}: {reason}")


def _percent(share: list[float]) -> str:
    return f"{100 * share[0]:.1f} % of {share[3]}"
