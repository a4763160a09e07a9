"""A model in a few words: what it gives, what it hears, how good it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from streamgenre.classify.model_card import ModelCard
from streamgenre.settings import HandmadeSettings, LogMelSettings

_TELLING = ("macro_recall", "accuracy", "recall", "f1", "auc")
"""Parts of a figure's name, the most telling first."""
UNMEASURED = "not stated"


def summary(card: ModelCard, folder: Path) -> list[tuple[str, str]]:
    """Give what to know at first, a word and a line each."""
    return [
        ("gives", f"{gives(card)}: {_first(card.heads[0].labels)}"),
        ("hears", hears(card)),
        ("accuracy", accuracy(card)),
        ("licence", card.licence),
        ("folder", str(folder)),
    ]


def payload(card: ModelCard, folder: Path) -> dict[str, object]:
    """Return what scripts are told of it; `models show --json` gives the whole card."""
    return {
        "version": card.version,
        "gives": {
            "genres": list(card.genre.labels) if card.genre else [],
            "gate": list(card.gate.labels) if card.gate else [],
            "tags": list(card.tags.labels) if card.tags else [],
        },
        "window_seconds": card.front_end.window_seconds,
        "accuracy": accuracy(card),
        "licence": card.licence,
        "folder": str(folder),
    }


def gives(card: ModelCard) -> str:
    """Say what the model's answers are."""
    parts = [f"{len(card.genre.labels)} genres"] if card.genre else []
    parts += ["gate"] if card.gate else []
    parts += [f"{len(card.tags.labels)} tags"] if card.tags else []
    return ", ".join(parts)


def hears(card: ModelCard) -> str:
    """Say what the windows are made of."""
    frames, window = card.front_end.frames, f"windows of {card.front_end.window_seconds:.2f} s"
    if isinstance(frames, LogMelSettings):
        return f"{window} at {frames.sample_rate_hz} Hz, {frames.bands} mel bands"
    kind = "handmade features" if isinstance(frames, HandmadeSettings) else "spectrogram bins"
    return f"{window} at {frames.sample_rate_hz} Hz, {frames.bands} {kind}"


def accuracy(card: ModelCard) -> str:
    """Give the author's own line (accuracy.summary), else the most telling figure there is."""
    stated = card.accuracy.get("summary")
    if isinstance(stated, str):
        return stated
    figures = list(_figures(card.accuracy, ()))
    for part in _TELLING:
        for keys, value in figures:
            if part in keys[-1]:
                within = " ".join(keys[:-1])
                return f"{value:.2f} {keys[-1].replace('_', ' ')}" + (f" ({within})" if within else "")
    return UNMEASURED


def _figures(table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Give every share, 0 to 1, and every list that begins with one, in the card's order."""
    for key, value in table.items():
        first = cast("list[object]", value)[0] if isinstance(value, list) and value else cast("object", value)
        if isinstance(value, dict):
            yield from _figures(cast("dict[str, Any]", value), (*above, key))
        elif isinstance(first, float) and 0 <= first <= 1:
            yield (*above, key), first


def _first(labels: tuple[str, ...], most: int = 11) -> str:
    return ", ".join(labels[:most]) + (", …" if len(labels) > most else "")
