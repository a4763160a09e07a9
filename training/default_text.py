"""The section of docs/models.md on the default model: its figures, from the results of its training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

VIEWS = {"plain": "the clip", "short": "2–3 s of it"}
_SETS = {
    "gtzan_among_10": "GTZAN, best of its ten labels",
    "gtzan_among_11": "GTZAN, first of `top`",
    "emotify_among_4": "Emotify, best of its four labels",
    "emotify_among_11": "Emotify, first of `top`",
}


def default_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Tell accuracy by set and by label, confusion, the gate and what disturbances change."""
    genre = figures["genre"]
    yield f"| right, out of fold | {' | '.join(VIEWS.values())} | n |"
    yield "|---|---|---|---|"
    for key, told in _SETS.items():
        shares = [genre[view][key] for view in VIEWS]
        yield f"| {told} | {' | '.join(map(_percent, shares))} | {shares[0][3]} |"
    means = " | ".join(f"{100 * genre[view]['macro_recall']:.1f}" for view in VIEWS)
    yield f"| mean over the eleven labels | {means} | {figures['genre_clips']} |"
    yield ""
    yield from _confusion(genre["plain"])
    yield ""
    yield from _robustness(figures["robustness"])


def gate_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Tell how the shipped gate answers, a view a row."""
    yield "| the shipped gate, windows | music → music, speech, noise | speech → | noise → |"
    yield "|---|---|---|---|"
    for view, rows in figures["gate"].items():
        cells = [", ".join(map(str, row["windows"])) for row in rows.values()]
        yield f"| {view.replace('_', ' ')} | {' | '.join(cells)} |"


def _confusion(view: Mapping[str, Any]) -> Iterator[str]:
    labels = list(view["confusion"])
    yield f"| clips of ↓ called → | {' | '.join(labels)} | right |"
    yield "|---|" + "---|" * (len(labels) + 1)
    for label, row in view["confusion"].items():
        cells = [
            f"**{count}**" if name == label else str(count or "")
            for name, count in zip(labels, row, strict=True)
        ]
        yield f"| {label} | {' | '.join(cells)} | {_percent(view['recall'][label])} |"


def _robustness(shares: Mapping[str, Any]) -> Iterator[str]:
    yield "| what happens to the sound | best label of a window stays | windows |"
    yield "|---|---|---|"
    for name, share in shares.items():
        yield f"| {name} | {_percent(share)} | {share[3]:,} |"


def _percent(share: list[float]) -> str:
    return f"{100 * share[0]:.1f} ({100 * share[1]:.0f}–{100 * share[2]:.0f})"
