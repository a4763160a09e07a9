"""Which of the installed models are measured."""

from __future__ import annotations

from streamgenre.bench.effort import Effort
from streamgenre.classify.registry import list_models, load_model

DEFAULT_MODEL = "genre"


def model_names(effort: Effort) -> list[str]:
    """Every model, or the default one alone."""
    return sorted(list_models()) if effort.every_model else [DEFAULT_MODEL]


def genre_models(effort: Effort) -> list[str]:
    """Those that can be listened with."""
    return [name for name in model_names(effort) if load_model(name).card.genre is not None]
