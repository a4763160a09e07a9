"""A system of the papers, as its recipe tells it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from streamgenre.errors import UsageError

RECIPES = Path(__file__).parents[1] / "recipes"

ProtocolName = Literal[
    "seen_rows", "random_rows", "random_tracks", "fault_filtered", "artist_folds", "own_split"
]


@dataclass(frozen=True, slots=True)
class Trial:
    """One way of dividing the material, trained and measured by itself."""

    name: str
    """`paper` and `honest` are the two that are compared; others add to them."""
    protocol: ProtocolName
    folds: int = 5
    """One part in so many is tested."""
    runs: int = 0
    """How many of the folds are run; 0: all."""
    validation: Literal["none", "share", "test"] = "share"
    """What training may look at: a tenth of the rows not tested, or the test rows themselves."""
    data: str = ""
    """Which further [also.NAME] material; empty: the one of [data]."""
    columns: Literal["live", "paper"] = "live"
    """Tables: the columns a stream can have, at one loudness; or the paper's, as the table has them."""
    estimator: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Keys of [estimator] that differ in this trial."""


DEFAULT_TRIALS = (Trial("paper", "random_rows", runs=1), Trial("honest", "fault_filtered"))


@dataclass(frozen=True, slots=True)
class Paper:
    """What the source says of the system."""

    figure: str = ""
    """The figure it reports, in a few words."""
    described: str = ""
    """The system as described."""
    deviation: str = ""
    """Where ours differs, and why."""


@dataclass(frozen=True, slots=True)
class SystemRecipe:
    """How one system is trained, measured and exported."""

    name: str
    """Of the recipe's file and of the model's folder: lower case."""
    title: str
    version: str = "0.1.0"
    seed: int = 0
    paper: Paper = Paper()
    data: Mapping[str, Any] = field(default_factory=dict)
    also: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Further materials by name."""
    export: str = ""
    """Which material the shipped model learns from: empty for [data], or a name in [also]."""
    ship: str = ""
    """Trial whose first network is shipped as it was measured; empty: one more, trained on everything."""
    estimator: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Any] = field(default_factory=dict)
    """Values by key of [estimator], tried on the validation rows of the honest trial and only reported."""
    tsne: bool = False
    """Draw the last layer but one as a map."""
    trials: tuple[Trial, ...] = DEFAULT_TRIALS

    @property
    def looks_at_no_validation(self) -> bool:
        """Forests are grown once: rows to watch would be rows lost."""
        return self.estimator.get("kind") in {"forest", "extra_trees"}

    def for_own_audio(self) -> SystemRecipe:
        """Give the recipe for somebody's own folder: one material, the live columns, the two protocols.

        The split that comes with the data is used where there is one; else there are folds by artist.
        """
        paper = next((trial for trial in self.trials if trial.name == "paper"), DEFAULT_TRIALS[0])
        trials = (replace(paper, columns="live", data=""), Trial("honest", "own_split"))
        return replace(self, also={}, export="", trials=trials, grid={}, data=self.data_of(self.export))

    def data_of(self, name: str) -> Mapping[str, Any]:
        """Give the table of a material by its name in [also]; empty: [data]."""
        return self.also[name] if name else self.data


def recipe_names() -> tuple[str, ...]:
    """Give every recipe there is, of both kinds."""
    return tuple(sorted(path.stem for path in RECIPES.glob("*.toml")))


def is_system(name: str) -> bool:
    """Tell by its keys whether a recipe is a system of the papers or a head on a pretrained network."""
    return "estimator" in _values(name)


def read_system(name: str) -> SystemRecipe:
    """Read `recipes/NAME.toml`; raises UsageError for a key that is missing or unknown."""
    values = _values(name)
    try:
        trials = tuple(Trial(**trial) for trial in values.pop("trials", ())) or DEFAULT_TRIALS
        return SystemRecipe(name=name, paper=Paper(**values.pop("paper", {})), trials=trials, **values)
    except TypeError as error:
        raise UsageError(f"recipe {name}: {error}") from None


def _values(name: str) -> dict[str, Any]:
    return tomllib.loads((RECIPES / f"{name}.toml").read_text(encoding="utf-8"))
