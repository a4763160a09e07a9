"""One run: embed the clips, measure out of fold, train on everything, export, write down the figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.corpus import Corpus
from training.datasets import Clip, read_clips
from training.embeddings import Embedded, Embedder
from training.evaluate import choose_temperature, gate_figures, genre_figures
from training.export import export_genre
from training.heads import LinearHead
from training.musicnn_wheel import MusicnnWheel
from training.recipe import HeadRecipe, Recipe
from training.robustness import unchanged_shares

RESULTS = Path(__file__).parents[1] / "data" / "results"

PROTOCOL = (
    "artist-grouped {folds}-fold, out of fold, partition seed {seed}; penalty, views and temperature were "
    "chosen on other partitions of the same clips, so the figures are slightly flattered. Track: mean of the "
    "window posteriors, windows every {hop:g} s as `listen` makes them; a clip without any counts as wrong. "
    "Shares are [share, low, high, clips] with the 95 % Wilson interval. View plain: the clip; view short: "
    "one random excerpt of 2 to 3 s of it, tiled. Gate rows are the truth, columns music, speech, noise. "
    "Confusion rows are the truth, columns the labels in order. Robustness: windows whose best label "
    "stays"
)


def load_corpus(recipe: Recipe, head: HeadRecipe, data: Path) -> Corpus:
    """Read and embed a head's clips; broken ones are named on the way and left out."""
    clips = read_clips(data, head.sets)
    embedder = _embedder(recipe)
    views = {view: embedder.embed(clips, view) for view in (*head.views, *head.test_views)}
    broken = {key: reason for embedded in views.values() for key, reason in embedded.broken.items()}
    for key, reason in broken.items():
        print(f"left out {key}: {reason}")
    return _without(Corpus(head, clips, views), set(broken))


def evaluate(recipe: Recipe, data: Path) -> tuple[dict[str, LinearHead], dict[str, Any]]:
    """Give trained heads by role and the figures of the card, which are also written as JSON."""
    corpora = {head.role: load_corpus(recipe, head, data) for head in (recipe.genre, recipe.gate)}
    figures: dict[str, Any] = {
        "protocol": PROTOCOL.format(folds=recipe.folds, seed=recipe.seed, hop=recipe.hop_seconds)
    }
    heads: dict[str, LinearHead] = {}
    for role, corpus in corpora.items():
        temperature = _temperature(recipe, corpus)
        heads[role] = corpus.fit(np.ones(len(corpus.clips), bool)).cooled(temperature)
        answers = corpus.out_of_fold(recipe.folds, recipe.seed)
        measure = genre_figures if role == "genre" else gate_figures
        figures |= {f"{role}_clips": len(corpus.clips), f"{role}_temperature": round(temperature, 3)}
        figures[role] = measure(corpus, answers, temperature)
    figures["robustness"] = unchanged_shares(corpora["genre"], _embedder(recipe), recipe.folds, recipe.seed)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{recipe.name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return heads, figures


def train(recipe: Recipe, data: Path, wheel: MusicnnWheel, models: Path) -> Path:
    """Evaluate, train on all clips, export; the same clips and seeds give the same model."""
    heads, figures = evaluate(recipe, data)
    export_genre(recipe, heads, figures, wheel, models / recipe.name)
    return models / recipe.name


def _embedder(recipe: Recipe) -> Embedder:
    return Embedder(recipe.networks, recipe.outputs, recipe.hop_seconds)


def _temperature(recipe: Recipe, corpus: Corpus) -> float:
    partitions = (corpus.out_of_fold(recipe.folds, seed) for seed in recipe.choice_seeds)
    return float(np.mean([choose_temperature(corpus, answers) for answers in partitions]))


def _without(corpus: Corpus, broken: set[str]) -> Corpus:
    if not broken:
        return corpus
    kept = [index for index, clip in enumerate(corpus.clips) if clip.key not in broken]
    views = {view: _selected(embedded, kept) for view, embedded in corpus.views.items()}
    return Corpus(corpus.recipe, _chosen(corpus.clips, kept), views)


def _selected(embedded: Embedded, kept: Sequence[int]) -> Embedded:
    """Keep windows of the clips kept, and of mixes those with both."""
    added_of = np.full(len(embedded.clip_of), -1) if embedded.added_of is None else embedded.added_of
    inside = np.isin(embedded.clip_of, kept) & ((added_of < 0) | np.isin(added_of, kept))
    clip_of, added = (np.searchsorted(kept, numbers[inside]) for numbers in (embedded.clip_of, added_of))
    return Embedded(
        embedded.features[inside], clip_of, embedded.broken, np.where(added_of[inside] < 0, -1, added)
    )


def _chosen(clips: Sequence[Clip], kept: Sequence[int]) -> list[Clip]:
    return [clips[index] for index in kept]
