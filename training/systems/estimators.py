"""Which estimator a recipe asks for."""

from __future__ import annotations

from dataclasses import replace

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.settings import FrontEndSettings, HandmadeSettings
from training.systems.estimator import Estimator
from training.systems.forests import ForestEstimator
from training.systems.material import Material
from training.systems.recipe import SystemRecipe

NO_TORCH = (
    "this recipe is a network, and PyTorch is not installed: "
    "pip install torch==2.13.0 (PIP_EXTRA_INDEX_URL may name the index of its CPU builds)"
)


def build_estimator(recipe: SystemRecipe, material: Material) -> Estimator:
    """Make the untrained estimator; raises UsageError for a kind that is not known."""
    kind = recipe.estimator.get("kind")
    if kind in {"forest", "extra_trees"}:
        return ForestEstimator(recipe.estimator, material.label_names)
    if kind not in {"dense", "cnn"}:
        raise UsageError(
            f"recipe {recipe.name}: [estimator] kind {kind!r}: expected forest, extra_trees, dense, cnn"
        )
    try:
        from training.systems.torch_estimator import TorchEstimator  # noqa: PLC0415  # forests do without torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise StreamgenreError(NO_TORCH) from None
    return TorchEstimator(recipe.estimator, _front_end(material), material.label_names)


def _front_end(material: Material) -> FrontEndSettings:
    """Where rows are levelled, the estimator sees the columns wanted, not those heard."""
    settings = material.front_end
    if material.levelling is None or not isinstance(settings.frames, HandmadeSettings):
        return settings
    return replace(settings, frames=replace(settings.frames, columns=material.levelling.wanted))
