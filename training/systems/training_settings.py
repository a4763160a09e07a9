"""How a network is trained, as a recipe's [estimator] table says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from streamgenre.errors import UsageError


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """The keys of [estimator] for `kind = "dense"` and `kind = "cnn"`."""

    layers: tuple[str, ...]
    """A line a layer; see `layers`."""
    epochs: int
    """At most."""
    batch: int
    """Rows a step."""
    learning_rate: float = 1e-3
    optimiser: Literal["adam", "sgd"] = "adam"
    weight_decay: float = 0.0
    """Adds weight_decay/2 times the sum of the squared weights to the loss; biases are left alone."""
    patience: int = 0
    """Epochs without a lower validation loss after which training ends; 0: it goes on to the last."""
    keep: Literal["best", "last"] = "best"
    """Weights of the epoch with the lowest validation loss, or of the last."""
    initialiser: Literal["torch", "xavier"] = "torch"
    """How weights start: torch's own way, or Xavier's uniform one with biases at 0."""
    half_weights: bool = False
    """Weights are shipped as float16."""
    loss: Literal["cross_entropy"] = "cross_entropy"
    kind: Literal["dense", "cnn"] = "cnn"

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> Self:
        """Check a table; raises UsageError for a key or value that cannot be."""
        try:
            settings = cls(**{**table, "layers": tuple(table.get("layers", ()))})
        except TypeError as error:
            raise UsageError(f"estimator: {error}") from None
        choices = {"optimiser": ("adam", "sgd"), "keep": ("best", "last"), "initialiser": ("torch", "xavier")}
        for key, known in choices.items():
            if getattr(settings, key) not in known:
                found = getattr(settings, key)
                raise UsageError(f"estimator.{key}: expected one of {', '.join(known)}, found {found!r}")
        if settings.epochs < 1 or settings.batch < 1:
            raise UsageError("estimator: epochs and batch must be at least 1")
        return settings
