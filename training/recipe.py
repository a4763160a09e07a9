"""Recipes: what a training run does, in a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class HeadRecipe:
    """How one head is trained."""

    role: str
    """genre or gate."""
    labels: tuple[str, ...]
    sets: tuple[str, ...]
    """Data sets, by folder."""
    views: tuple[str, ...]
    """Ways of hearing a clip, each with an equal share; see `views`."""
    penalty: float
    """L2 penalty on the kernel over standardised features."""
    test_views: tuple[str, ...] = ()
    """Ways of hearing a clip that are measured and not learnt from."""
    label_weights: tuple[float, ...] = ()
    """How much each label counts in training; empty: alike."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is trained."""

    name: str
    version: str
    folds: int
    seed: int
    """Of the partition the published figures are measured on."""
    choice_seeds: tuple[int, ...]
    """Of the partitions on which penalty, views and temperature were chosen."""
    hop_seconds: float
    """Between two windows."""
    networks: tuple[str, ...]
    """Pretrained models, by folder."""
    outputs: tuple[str, ...]
    """Their outputs that are features."""
    genre: HeadRecipe
    gate: HeadRecipe


def read_recipe(name: str) -> Recipe:
    """Read `recipes/NAME.toml`; a missing or unknown key is a TypeError."""
    values = tomllib.loads((RECIPES / f"{name}.toml").read_text(encoding="utf-8"))
    heads = {role: HeadRecipe(role=role, **_tuples(values.pop(role))) for role in ("genre", "gate")}
    return Recipe(**_tuples(values), **heads)


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
